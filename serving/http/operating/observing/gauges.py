"""What is looked up when metrics are asked for, since it is the same for all processes: what is stored, what waits."""

from __future__ import annotations

import platform
import shutil
from collections.abc import Iterator
from importlib.metadata import version

from prometheus_client.core import GaugeMetricFamily, Metric
from prometheus_client.registry import Collector

from kb.errors import IbidError
from kb.home.disk import bytes_in
from kb.home.jobs import count_jobs
from kb.records import JobState
from serving.http.answers.places import MOST_ANSWERS
from serving.http.state import Services


class Gauges(Collector):
    """The present state of a home folder."""

    def __init__(self, services: Services) -> None:
        self._services = services

    def collect(self) -> Iterator[Metric]:
        """Every gauge."""
        build = GaugeMetricFamily(
            "ibid_build_info", "Always 1; the labels say what runs.", labels=("version", "python")
        )
        build.add_metric((version("ibid"), platform.python_version()), 1)
        yield build
        yield GaugeMetricFamily("ibid_answer_places", "Answers that all processes make at once.", value=MOST_ANSWERS)
        yield from self._stored()
        jobs = GaugeMetricFamily("ibid_ingestion_jobs", "Files on their way in, by state.", labels=("state",))
        counts = count_jobs(self._services.home)
        for state in JobState:
            jobs.add_metric((state.value,), counts.get(state, 0))
        yield jobs
        free = shutil.disk_usage(self._services.settings.home).free
        yield GaugeMetricFamily("ibid_disk_free_bytes", "Free where the collections are.", value=free)
        vllm = self._services.vllm
        if vllm is not None:
            ready = vllm.report()["state"] == "ready"
            yield GaugeMetricFamily("ibid_vllm_ready", "Whether the vLLM server beside this one is ready.", value=ready)

    def _stored(self) -> Iterator[Metric]:
        collections = self._services.collections
        names = collections.names()
        documents = passages = cached = 0
        for name in names:
            try:
                catalog = collections.catalog(name)
                found = catalog.collection()
            except IbidError:  # it was deleted a moment ago, or is damaged: `ibid doctor` tells
                continue
            documents += found.documents
            passages += found.passages
            cached += bytes_in(catalog.cache_folder)
        yield GaugeMetricFamily("ibid_collections", "Collections.", value=len(names))
        yield GaugeMetricFamily("ibid_documents", "Documents of all collections.", value=documents)
        yield GaugeMetricFamily("ibid_passages", "Passages of all collections.", value=passages)
        yield GaugeMetricFamily("ibid_index_cache_bytes", "Indexes and page pictures on disk.", value=cached)

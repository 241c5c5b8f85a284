"""What LlamaIndex's model for OpenAI-like servers does with ibid; run by the Python that LlamaIndex is installed for.

Says what it found as JSON on standard output.
"""

import asyncio
import json
import sys

from llama_index.core.llms import ChatMessage
from llama_index.llms.openai_like import OpenAILike

QUESTION = "How much does a late report lose?"


def main() -> None:
    model = OpenAILike(model="ibid", api_base=sys.argv[1], api_key="any", is_chat_model=True, max_retries=0)
    messages = [ChatMessage(role="user", content=QUESTION)]
    streamed = list(model.stream_chat(messages))
    found = {
        "chat": model.chat(messages).message.content,
        "stream": "".join(part.delta or "" for part in streamed),
        "stream_grows": all(streamed[-1].message.content.startswith(part.message.content or "") for part in streamed),
        "complete": model.complete(QUESTION).text,
        "async": asyncio.run(model.achat(messages)).message.content,
        "legacy_complete": OpenAILike(model="ibid", api_base=sys.argv[1], api_key="any", is_chat_model=False)
        .complete(QUESTION)
        .text,
    }
    json.dump(found, sys.stdout)


main()

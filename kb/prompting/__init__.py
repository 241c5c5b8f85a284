"""What is said to language models: prompts in files, and texts put into them as data that can close nothing."""

from kb.prompting.data import PromptText, as_data, frame_key
from kb.prompting.files import fill_prompt, prompt_version

__all__ = ["PromptText", "as_data", "fill_prompt", "frame_key", "prompt_version"]

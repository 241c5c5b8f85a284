"""Chat models behind the `ChatModel` port."""

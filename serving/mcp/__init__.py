"""Search and answers as tools for agents, over the Model Context Protocol (extra `mcp`)."""

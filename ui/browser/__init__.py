"""The browser app: a Streamlit client that speaks HTTP to the server and knows nothing else of ibid."""

"""The wire, shared by node and hub: topics, messages, the batch codec, and the page a hub engineer reads (README.md beside this file)."""

"""The pages of the web tower: server-rendered, live by one stream each, no build step."""

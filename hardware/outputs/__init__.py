"""One file is one actuator kind."""

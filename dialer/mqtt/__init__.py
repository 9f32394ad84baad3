"""What is told over MQTT: the `table` of events, and the `sink` that sends them."""

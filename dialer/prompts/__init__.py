"""What will be heard: made, measured and inspected before anybody hears it."""

"""What a recogniser is, how calls' voices reach one, and those that are spoken to."""

"""What runs beside dialling, in the store's own transactions."""

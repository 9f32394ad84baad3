"""What people may do and what is kept of it: access, complaints, retention, the audit chain."""

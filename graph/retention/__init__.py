"""What is kept of the past, and what goes: history, temporary files, uploads, the disk cache; outputs on demand."""

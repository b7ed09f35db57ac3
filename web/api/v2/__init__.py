"""The interface below `/api/v2`: jobs and assets as the public SDKs know them, and what is our own."""

"""The HTTP handlers, one resource a file. `errors` alone knows status codes, `security` guards every request."""

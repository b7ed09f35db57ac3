"""Everything that faces the browser: HTTP handlers and the editor."""

"""What people keep beside their jobs: saved workflows with all their versions, and files that they sent."""

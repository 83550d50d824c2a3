"""What turns responses into rows and text."""

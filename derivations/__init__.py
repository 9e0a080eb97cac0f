"""What softreg proves about its own code: one claim a file."""

"""Networks that nothing rewrites, and a log of what became of each: registered, challenged, promoted, refused, taken back."""

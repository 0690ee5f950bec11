"""Whether MediaPipe would take a file: read (examine, diagnose), and tried in MediaPipe itself (mediapipe_try)."""

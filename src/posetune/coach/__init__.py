"""What a pose means for the person: joint angles and the ranges they may have. Poses in, facts out; no files, no network."""

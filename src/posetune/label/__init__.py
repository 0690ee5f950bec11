"""From footage to a set of labels: frames chosen, people prelabelled, and what to look at next. No web."""

"""Reports for people: an HTML page that needs nothing else, and a drawn video. Faces are blurred unless they are asked for."""

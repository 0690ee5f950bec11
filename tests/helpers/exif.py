"""JPEGs with the orientation that a camera writes."""


def with_exif(jpeg: bytes, orientation: int, padding: int = 0) -> bytes:
    """A JPEG with an EXIF orientation, behind ``padding`` bytes of other segments."""
    tiff = b"MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0" + bytes([orientation]) + b"\0\0\0\0\0\0"
    body = b"Exif\0\0" + tiff
    app1 = b"\xff\xe1" + (len(body) + 2).to_bytes(2, "big") + body
    profile = (b"\xff\xe2" + (60_002).to_bytes(2, "big") + bytes(60_000)) * padding
    return jpeg[:2] + profile + app1 + jpeg[2:]

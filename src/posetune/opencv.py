"""OpenCV, for all of posetune: any wheel of a version that was tried, with limits set before it is loaded.

Everything else says ``from posetune.opencv import cv2``. Limits are environment variables of OpenCV's own; one that the user
has set stays as it is.
"""

from __future__ import annotations

import importlib.metadata
import os

from posetune.errors import PosetuneError

#: Pixels of the largest image that is read, unless OPENCV_IO_MAX_IMAGE_PIXELS says otherwise: a file of 20 kB may claim a
#: hundred times as many as the memory holds. Photographs of 100 million pixels pass.
MAX_PIXELS = 2**27
#: Kinds of video that hold their own pictures. What FFmpeg reads beyond these are lists of other files (ffconcat, HLS, DASH,
#: image sequences, SDP): a text file named .mp4 would show its neighbours, or fetch what it names.
_VIDEO_FORMATS = (
    "mov,mp4,matroska,webm,avi,mpegts,mpeg,mpegvideo,mpegtsraw,flv,live_flv,asf,asf_o,ogg,gif,apng,mxf,dv,ivf,nut,rm,wtv,gxf,"
    "h264,hevc,av1,obu,m4v,mjpeg,mjpeg_2000,mpjpeg,yuv4mpegpipe,vc1,rtsp,rtp"
)
_LIMITS = {
    "OPENCV_IO_MAX_IMAGE_PIXELS": str(MAX_PIXELS),
    # rtsp_transport is OpenCV's own default, which it forgets where this variable is set.
    "OPENCV_FFMPEG_CAPTURE_OPTIONS": f"rtsp_transport;tcp|format_whitelist;{_VIDEO_FORMATS}",
    # FFmpeg's own remarks on damaged files: ours say it in one sentence.
    "OPENCV_FFMPEG_LOGLEVEL": "-8",
    # And OpenCV's, which come beside ours; of a full disk one a frame.
    "OPENCV_LOG_LEVEL": "FATAL",
}
#: CVE-2025-53644 below; OpenCV 5 resamples otherwise than the OpenCV in MediaPipe: single landmarks move by many px.
OLDEST, TOO_NEW = (4, 12), 5
_WHEELS = ("opencv-contrib-python", "opencv-python", "opencv-python-headless", "opencv-contrib-python-headless")
_PIP = "pip install 'opencv-python-headless>=4.12,<5'"


def max_pixels() -> int:
    """Pixels of the largest image that is read: OPENCV_IO_MAX_IMAGE_PIXELS, which the user may set."""
    try:
        return int(os.environ["OPENCV_IO_MAX_IMAGE_PIXELS"])
    except (KeyError, ValueError):
        return MAX_PIXELS


def installed_wheels() -> list[str]:
    """Names and versions of the OpenCV wheels that pip knows of: ["opencv-python-headless 4.12.0.88"]."""
    found = []
    for name in _WHEELS:
        try:
            found.append(f"{name} {importlib.metadata.version(name)}")
        except importlib.metadata.PackageNotFoundError:
            continue
    return found


def check_version(version: str | None) -> None:
    """Raises PosetuneError unless this version of OpenCV (None: it does not tell) is one that posetune works with."""
    there = ", ".join(installed_wheels()) or "not by pip"
    try:
        major, minor = (int(part) for part in (version or "").split(".")[:2])
    except ValueError:
        raise PosetuneError(
            f"OpenCV is installed ({there}), but not whole, as after one of two wheels was removed: "
            f"uninstall all of them, then {_PIP}."
        ) from None
    if (major, minor) < OLDEST:
        why = f"OpenCV {version} is too old ({there}): its reading of images can be attacked (CVE-2025-53644)"
    elif major >= TOO_NEW:
        why = f"OpenCV {version} is too new ({there}): it resamples otherwise than MediaPipe, and points would move"
    else:
        return
    wheel = there.split(" ")[0] if there.startswith("opencv") else "opencv-python-headless"
    raise PosetuneError(f"{why}; posetune takes any OpenCV from 4.12 to below 5: pip install '{wheel}>=4.12,<5'.")


_users_log_level = "OPENCV_LOG_LEVEL" in os.environ
for _name, _value in _LIMITS.items():
    os.environ.setdefault(_name, _value)
try:
    import cv2
except ModuleNotFoundError as error:
    if error.name != "cv2":
        raise
    raise PosetuneError(
        f"OpenCV is not installed; posetune takes any of its wheels from 4.12 to below 5: {_PIP}, or, for windows on the "
        "screen and beside MediaPipe, opencv-contrib-python."
    ) from error
except ImportError as error:  # a wheel with windows on a machine without a screen's libraries: libGL.so.1
    raise PosetuneError(
        f"OpenCV ({', '.join(installed_wheels()) or 'not by pip'}) cannot be loaded: {error}. Without a screen: uninstall it, "
        f"then {_PIP}."
    ) from error
check_version(getattr(cv2, "__version__", None))
_logging = getattr(cv2.utils, "logging", None)  # 4.12 has none
if _logging is not None and not _users_log_level:  # whoever loaded OpenCV before did it without the variable
    _logging.setLogLevel(_logging.LOG_LEVEL_FATAL)

__all__ = ["cv2", "installed_wheels", "max_pixels"]

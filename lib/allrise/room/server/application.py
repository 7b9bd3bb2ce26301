"""All addresses of the room server, in one place."""

from __future__ import annotations

from tornado.web import Application

from allrise.room.server import api, asking, contributing, desk, joining, kept_files, pages, stage
from allrise.room.server.site import Site

_CODE = r"(?P<code>[A-Za-z0-9 .-]{1,24})"
_NAME = r"(?P<name>[A-Za-z0-9][A-Za-z0-9._-]{0,39})"


def make_application(site: Site) -> Application:
    """Return the tornado application.

    ================================  ===============================================================
    ``/``                             the door: type the code
    ``/r/CODE``                       join, or change what one said (``?change=1``)
    ``/r/CODE/now``                   whatever question is on
    ``/r/CODE/q/NAME``                one question; ``POST`` answers it
    ``/r/CODE/q/NAME/vote|write|withdraw``  votes and texts
    ``/r/CODE/q/NAME/part/PART``      a part of the page, for the script
    ``/r/CODE/news``                  what has changed, JSON with an ETag
    ``/stage/CODE``                   the projector; ``/stage/CODE/view`` is its inner part
    ``/desk/CODE/SECRET``             the facilitator's way in; then ``/desk/CODE``
    ``/api/CODE/look``, ``/api/CODE/do``  the same for the workshop's apps, see :mod:`.api`
    ``/assets/NAME``, ``/health``     files kept for good; up and readable
    ================================  ===============================================================
    """
    given = {"site": site}
    routes = [
        (r"/", joining.Door),
        (rf"/r/{_CODE}", joining.JoinDoor),
        (rf"/r/{_CODE}/now", joining.Now),
        (rf"/r/{_CODE}/news", joining.News),
        (rf"/r/{_CODE}/q/{_NAME}", asking.Question),
        (rf"/r/{_CODE}/q/{_NAME}/vote", contributing.Vote),
        (rf"/r/{_CODE}/q/{_NAME}/write", contributing.Write),
        (rf"/r/{_CODE}/q/{_NAME}/withdraw", contributing.Withdraw),
        (rf"/r/{_CODE}/q/{_NAME}/part/(?P<part>mine|vote|results)", asking.Fragment),
        (rf"/stage/{_CODE}", stage.Stage),
        (rf"/stage/{_CODE}/view", stage.StageView),
        (rf"/desk/{_CODE}", desk.Desk),
        (rf"/desk/{_CODE}/live", desk.DeskLive),
        (rf"/desk/{_CODE}/do", desk.DeskDo),
        (rf"/desk/{_CODE}/paper", desk.Paper),
        (rf"/desk/{_CODE}/record", desk.Record),
        (rf"/desk/{_CODE}/(?P<secret>[A-Za-z0-9_-]{{8,80}})", desk.DeskDoor),
        (rf"/api/{_CODE}/look", api.Look),
        (rf"/api/{_CODE}/do", api.Do),
        (r"/assets/(?P<name>[a-z0-9.-]+)", kept_files.AssetFile),
        (r"/health", kept_files.Health),
    ]
    return Application(
        [(pattern, handler, given) for pattern, handler in routes],
        default_handler_class=pages.NotFound,
        default_handler_args=given,
        log_function=lambda _handler: None,  # addresses hold codes and, once, the facilitator's secret
        compress_response=True,
    )

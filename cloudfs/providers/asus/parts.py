"""How the parts of an account are put together."""

from collections.abc import MutableMapping

from cloudfs.http.client import Http
from cloudfs.providers.asus.api import Api
from cloudfs.providers.asus.arrivals import Arrivals
from cloudfs.providers.asus.auth import Auth
from cloudfs.providers.asus.calls import Calls
from cloudfs.providers.asus.changes import AsusChanges
from cloudfs.providers.asus.copying import Copies
from cloudfs.providers.asus.discovery import Discovery, Servers
from cloudfs.providers.asus.downloads import Downloads
from cloudfs.providers.asus.entries import Entries
from cloudfs.providers.asus.exchange import Exchange
from cloudfs.providers.asus.extras import AsusDetails, AsusPreviews, AsusRoots
from cloudfs.providers.asus.favorites import AsusFavorites
from cloudfs.providers.asus.looking import Looking
from cloudfs.providers.asus.moving import Moves
from cloudfs.providers.asus.origins import Origins
from cloudfs.providers.asus.places import Places
from cloudfs.providers.asus.recent import AsusRecent
from cloudfs.providers.asus.relay import Relay
from cloudfs.providers.asus.removing import Removals
from cloudfs.providers.asus.searching import AsusSearch, Finder
from cloudfs.providers.asus.settings import AsusSettings
from cloudfs.providers.asus.sharecalls import ShareCalls
from cloudfs.providers.asus.sharecodes import ShareCodes
from cloudfs.providers.asus.sharing import AsusSharing
from cloudfs.providers.asus.steps import Steps
from cloudfs.providers.asus.times import Times
from cloudfs.providers.asus.trash import AsusTrash
from cloudfs.providers.asus.uploads import Uploads

ACCOUNT_NOTE = "account"


class Parts:
    """Each part of one account, once."""

    def __init__(self, settings: AsusSettings, http: Http, notes: MutableMapping[str, str]) -> None:
        zone = settings.zone()
        servers = Servers(http, settings)
        exchange = Exchange(http, settings)
        discovery = Discovery(exchange, servers, settings, notes)
        self.auth = Auth(exchange, discovery, servers, settings, notes)
        calls = Calls(exchange, self.auth, user=settings.username, sid=settings.sid)

        self.api = Api(calls, settings, zone)
        self.relay = Relay(calls)
        self.places = Places(self.api, settings, notes)
        entries = Entries()
        self.looking = Looking(self.api, self.places, entries, pagesize=settings.pagesize)
        self.downloads = Downloads(http, calls, self.looking)
        self.times = Times(self.api, entries, offered=settings.use_updateattribute)

        origins = Origins(notes)
        steps = Steps(self.api, self.looking)
        arrivals = Arrivals(self.api, self.looking, self.relay, entries)
        self.removals = Removals(self.api, self.looking, self.places, origins)
        self.moves = Moves(steps, self.looking, self.places, self.removals)
        self.copies = Copies(self.api, self.relay, self.looking, arrivals, steps, self.removals)
        self.uploads = Uploads(
            self.relay,
            self.looking,
            arrivals,
            self.times,
            chunk=settings.upload_chunk_size,
            overwrite=settings.on_conflict == "overwrite",
        )

        self.trash = AsusTrash(
            self.api,
            self.looking,
            self.places,
            steps,
            self.removals,
            origins,
            restore_folder=settings.restore_folder,
        )
        self.changes = AsusChanges(self.api, self.places, interval=settings.poll)
        self.share_calls = ShareCalls(calls, zone)
        self.sharing = AsusSharing(
            self.share_calls,
            prefix=settings.share_url_prefix,
            plain_passwords=settings.share_password_form == "plain",  # noqa: S105 - a choice
        )
        self.codes = ShareCodes(
            self.share_calls,
            self.looking,
            self.auth,
            servers,
            portal=discovery.portal,
            short_ones=settings.compact_sharecode,
        )
        finder = Finder(self.api, self.looking, self.places)
        self.search = AsusSearch(finder)
        self.favorites = AsusFavorites(self.api, self.looking, finder, settings.mark_names())
        self.recent = AsusRecent(self.api, finder, self.places, what=settings.recent)
        self.roots = AsusRoots(self.places)
        self.details = AsusDetails(self.looking, arrivals, self.share_calls, self.codes)
        self.previews = AsusPreviews(self.relay, size=settings.thumbnail_size)


def forget_other_account(notes: MutableMapping[str, str], settings: AsusSettings) -> None:
    """A token and all else that is remembered are of one user, developer and installation."""
    account = " ".join(
        (
            settings.url.rstrip("/"),
            settings.gateway,
            settings.discovery,
            str(settings.area_id),
            settings.sid,
            settings.username,
        )
    )
    if notes.get(ACCOUNT_NOTE) != account:
        notes.clear()
        notes[ACCOUNT_NOTE] = account

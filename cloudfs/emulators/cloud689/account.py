"""Who one is, and with whom (reference 2.4, 3.18 and 6)."""

from cloudfs.emulators.cloud689.answers import Answer
from cloudfs.emulators.cloud689.call import Call, Cloud689Routes
from cloudfs.emulators.cloud689.describe import ACTIVE
from cloudfs.emulators.cloud689.errors import ApiError, Code
from cloudfs.emulators.cloud689.ids import Kind, id_of
from cloudfs.emulators.cloud689.sessions import LANGUAGE, hashed
from cloudfs.emulators.cloud689.times import time_text

routes = Cloud689Routes()


@routes.on("POST", "user/info", label="account")
def _info(call: Call) -> Answer:
    user = call.user
    account = call.store.accounts.get(user.number)
    born = time_text(account.created, call.view.zone)
    return Answer(
        {
            "user_id": user.id,
            "team_id": id_of(Kind.TEAM, user.team),
            "role_id": user.role,
            "mail_address": user.email,
            "password_hash": hashed(account.password),
            "status": ACTIVE,
            "first_name": user.first_name,
            "middle_name": None,
            "last_name": user.last_name,
            "session_time_out": call.settings.session_time_out,
            "time_zone": call.view.zone,
            "activation_code": None,
            "activation_date": born,
            "signup_date": born,
            "last_activity": time_text(call.clock.now_ms(), call.view.zone),
            "lang": LANGUAGE,
            "notification_flag": 0,
            "bookend_user_id": None,
        }
    )


@routes.on("POST", "user/getteam", label="team")
def _team(call: Call) -> Answer:
    team = call.emulator.people.team(call.params.need("team_id"))
    if team is None:
        raise ApiError(Code.ERR_TEAM_NOT_EXIST)
    if team.number != call.user.team:
        raise ApiError(Code.INVALID_ROLE_USER, "this is another team")
    return Answer(
        {
            "team_id": team.id,
            "team_name": team.name,
            "payment_team_id": team.id,
            "projects_usage": len(call.store.records.of("project", team.number)),
            "number_of_user": len(call.emulator.people.users(team.number)),
            "status": ACTIVE,
        }
    )


@routes.on("POST", "user/project", label="members")
def _members(call: Call) -> Answer:
    project = call.view.project(call.params.need("project_id"))
    found = [
        {
            "user_id": user.id,
            "project_id": project.id,
            "project_role_id": member.role,
            "status": ACTIVE,
            "create_date": time_text(member.since),
            "email_address": user.email,
            "first_name": user.first_name,
            "middle_name": None,
            "last_name": user.last_name,
        }
        for member in project.members
        for user in [call.emulator.people.user(member.user)]
    ]
    return Answer(found, total=len(found))

"""Activities as Teams sends them, with ids and people made up."""

import uuid
from typing import Any

from botframework.connector.auth import AuthenticationConstants

Json = dict[str, Any]
TENANT, APP = "22222222-2222-2222-2222-222222222222", "11111111-1111-1111-1111-111111111111"
BOT = f"28:{APP}"
TEAM, CHANNEL = "19:general@thread.tacv2", "19:ethics@thread.tacv2"
ANA = {"id": "29:1ana", "name": "Ana Lopez", "aadObjectId": "aaaaaaaa-0000-0000-0000-00000000000a"}
BEN = {"id": "29:1ben", "name": "Ben Okoro", "aadObjectId": "bbbbbbbb-0000-0000-0000-00000000000b"}
NOOR = {"id": "29:1noor", "name": "Noor Sample", "aadObjectId": "cccccccc-0000-0000-0000-00000000000c"}
PEOPLE = (ANA, BEN, NOOR)
SERVICE = "https://smba.trafficmanager.net/ca/"
ISSUER = AuthenticationConstants.TO_BOT_FROM_CHANNEL_TOKEN_ISSUER
AT = "2026-11-02T19:00:00.1234567Z"


def private(person: Json) -> str:
    return f"a:1{person['id'][4:]}"


def in_channel(person: Json = ANA, own: str = "1700000000001", /, thread: str = "", **more: Any) -> Json:
    return {
        "type": "message",
        "id": own,
        "timestamp": AT,
        "serviceUrl": SERVICE,
        "channelId": "msteams",
        "from": person,
        "conversation": {
            "id": f"{CHANNEL};messageid={thread or own}",
            "conversationType": "channel",
            "isGroup": True,
            "tenantId": TENANT,
        },
        "recipient": {"id": BOT, "name": "Practicum helper"},
        "channelData": {"team": {"id": TEAM}, "channel": {"id": CHANNEL}, "tenant": {"id": TENANT}},
        "textFormat": "plain",
        **more,
    }


def in_private(person: Json = ANA, own: str = "1700000000002", /, **more: Any) -> Json:
    return {
        **in_channel(person, own),
        "conversation": {"id": private(person), "conversationType": "personal", "tenantId": TENANT},
        "channelData": {"tenant": {"id": TENANT}},
        **more,
    }


def pressed(person: Json, data: Json, reply_to: str = "", **inputs: str) -> Json:
    return in_private(person, f"p{uuid.uuid4().hex}", text=None, value={**data, **inputs}, replyToId=reply_to)


def mention(own: bool = True, name: str = "Practicum helper") -> Json:
    who = {"id": BOT if own else BEN["id"], "name": name}
    return {"type": "mention", "mentioned": who, "text": f"<at>{name}</at>"}


def team_update(**more: Any) -> Json:
    body = in_channel(NOOR, "u1", type="conversationUpdate", **more)
    return {
        **body,
        "conversation": {**body["conversation"], "id": TEAM},
        "channelData": {**body["channelData"], "channel": {"id": TEAM}},
    }

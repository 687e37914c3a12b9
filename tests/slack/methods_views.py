"""`views.*`: modals and the Home tab."""

import json
import time
from typing import Any

from tests.slack import blocks as kit
from tests.slack.api import Asked, RefusedError, method
from tests.slack.state import Json, Trigger, User, View, fill_block_ids


def view_json(view: View, asked_team: str, app_id: str, bot_id: str) -> Json:
    """A view as Slack gives it back and puts it into payloads."""
    empty: dict[str, Any] = {
        "private_metadata": "",
        "callback_id": "",
        "external_id": "",
        "title": None,
        "submit": None,
        "close": None,
    }
    empty |= {"clear_on_close": False, "notify_on_close": False}
    found = {**empty, **view.body, "id": view.id, "team_id": asked_team, "hash": view.hash, "state": {"values": view.state}}
    found |= {"root_view_id": view.root or view.id, "previous_view_id": view.previous or None}
    return {**found, "app_id": app_id, "bot_id": bot_id, "app_installed_team_id": asked_team}


def shown_view(asked: Asked, view: View) -> Json:
    return {"view": view_json(view, view.team.id, asked.ws.app_id, asked.app.bot.bot_id)}


def checked(asked: Asked, kind: str) -> Json:
    body = asked.args.get("view")
    errors = kit.view_errors(body)
    if not errors and isinstance(body, dict) and body["type"] != kind:
        errors = [f"[ERROR] must be of type {kind} [json-pointer:/view/type]"]
    if errors or not isinstance(body, dict):
        asked.ws.problem(f"{asked.method}: {errors}")
        raise RefusedError("invalid_arguments", response_metadata={"messages": errors})
    if kit.takes_files(body):
        asked.needs("files:read")
    if len(json.dumps(body)) > 250_000:
        raise RefusedError("view_too_large")
    external = body.get("external_id")
    same = next((v for v in asked.ws.state.views.values() if v.open and external and v.body.get("external_id") == external), None)
    if same and asked.method in ("views.open", "views.push"):
        raise RefusedError("duplicate_external_id")
    return {**body, "blocks": fill_block_ids(body["blocks"], asked.ws.state.ids)}


def exchange(asked: Asked) -> Trigger:
    """The trigger, which works once and for three seconds."""
    trigger = asked.ws.state.triggers.get(asked.required("trigger_id"))
    if trigger is None or trigger.team is not asked.app.team:
        raise RefusedError("invalid_trigger_id")
    if trigger.used:
        asked.ws.problem(f"{asked.method}: a trigger_id works once")
        raise RefusedError("exchanged_trigger_id")
    if time.monotonic() - trigger.at > asked.ws.trigger_seconds:
        raise RefusedError("expired_trigger_id")
    trigger.used = True
    return trigger


def new_view(asked: Asked, user: User, body: Json, **more: Any) -> View:
    view = View(asked.ws.state.new_id("V"), user, body, asked.ws.state.new_ts(), user.team, **more)
    view.keep_version()
    return view


@method("views.open", json=True)
def views_open(asked: Asked) -> Json:
    body = checked(asked, "modal")
    trigger = exchange(asked)
    view = new_view(asked, trigger.user, body)
    asked.ws.state.views[view.id] = view
    return shown_view(asked, view)


@method("views.push", json=True)
def views_push(asked: Asked) -> Json:
    body = checked(asked, "modal")
    trigger = exchange(asked)
    below = trigger.view
    if below is None or not below.open or below.body["type"] != "modal":
        raise RefusedError("not_found")
    if len(asked.ws.modals(trigger.user)) >= 3:
        raise RefusedError("push_limit_reached")
    view = new_view(asked, trigger.user, body, root=below.root or below.id, previous=below.id)
    asked.ws.state.views[view.id] = view
    return shown_view(asked, view)


@method("views.update", json=True)
def views_update(asked: Asked) -> Json:
    by_id, external = asked.args.get("view_id"), asked.args.get("external_id")
    views = asked.ws.state.views.values()
    view = next((v for v in views if v.open and (v.id == by_id or (external and v.body.get("external_id") == external))), None)
    if view is None:
        raise RefusedError("not_found")
    body = checked(asked, "modal")
    if asked.args.get("hash", view.hash) != view.hash:
        raise RefusedError("hash_conflict")
    replace(asked, view, body)
    return shown_view(asked, view)


@method("views.publish", json=True)
def views_publish(asked: Asked) -> Json:
    user = asked.ws.state.users.get(asked.required("user_id"))
    if user is None or user.deleted:
        raise RefusedError("invalid_arguments", response_metadata={"messages": ["[ERROR] user not found"]})
    body = checked(asked, "home")
    view = asked.ws.state.homes.get(user.id)
    if view is None:
        view = asked.ws.state.homes[user.id] = new_view(asked, user, body)
    elif asked.args.get("hash", view.hash) != view.hash:
        raise RefusedError("hash_conflict")
    else:
        replace(asked, view, body)
    return shown_view(asked, view)


def replace(asked: Asked, view: View, body: Json) -> None:
    """Put new content into a view that stays open; what was typed into blocks that stay is kept."""
    kept = {block["block_id"] for block in body["blocks"]}
    view.body, view.hash, view.errors = body, asked.ws.state.new_ts(), {}
    view.state = {block_id: values for block_id, values in view.state.items() if block_id in kept}
    view.keep_version()

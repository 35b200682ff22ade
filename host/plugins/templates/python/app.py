"""Lets in whoever knows the word on the door.

Change it into what you need: `describe` says what the plugin is, `handle` answers the browser. A page is data; Doorward draws
it. The contract is in wit/deps/provider/provider.wit.
"""

import hmac
import json
import time

from componentize_py_types import Err
from wit_world.exports import LoginProvider as Contract
from wit_world.imports import records, types

# Wrong and right words together, from everyone, in ten minutes.
TRIES = 100
WINDOW_S = 600

SCHEMA = {
    "type": "object",
    "properties": {"word": {"type": "string", "minLength": 16, "description": "What people have to say"}},
    "required": ["word"],
    "additionalProperties": False,
}


def text(name, english):
    return types.Text(name, english, [])


def page(messages):
    word = types.Field(
        name="word",
        kind=types.FieldKind.PASSWORD,
        label=text("word", "Word"),
        autocomplete="current-password",
        value=None,
        required=True,
        min_length=None,
        max_length=None,
        error=None,
        hint=None,
    )
    enter = types.Button("press", "enter", text("enter", "Come in"), types.Emphasis.PRIMARY)
    form = types.Form("authorize", None, [word], [enter])
    shown = types.Page(text("title", "Say the word"), messages, [], [form], [])
    return types.Outcome(types.Step_Page(shown), None)


def count():
    """Counted before the word is looked at, so that requests at the same time count too."""
    now = int(time.time())
    end = (now // WINDOW_S + 1) * WINDOW_S
    try:
        counted = records.increment(f"words/{end}", 1, end)
    except Err:
        raise Err(types.Failure_Unavailable("the store did not answer"))
    if counted > TRIES:
        raise Err(types.Failure_TooManyRequests(max(end - now, 1)))


class LoginProvider(Contract):
    def describe(self):
        return types.Description(
            label=text("label", "the word on the door"),
            purposes=[types.Purpose.SIGN_IN],
            manage_label=None,
            languages=[],
            icon=None,
            settings_schema=json.dumps(SCHEMA),
            outbound_hosts=[],
        )

    def texts(self, language):
        return []

    def handle(self, context, request):
        if request.path != "authorize":
            raise Err(types.Failure_NotFound())
        if request.method == types.Method.GET:
            return page([])
        count()
        right = json.loads(context.settings).get("word", "")
        given = dict(request.form).get("word", "")
        if not right or not hmac.compare_digest(given.encode(), right.encode()):
            return page([types.Message(types.Severity.ERROR, text("wrong", "That is not the word."))])
        # `subject` says who it is: stable, unique here, never somebody else's later.
        identity = types.Identity("guest", None, False, [], ["kba"], False)
        return types.Outcome(types.Step_Authenticated(identity), None)

    def forget(self, leaver):
        """It keeps nothing of anybody."""

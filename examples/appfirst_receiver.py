"""Receive the calls that AppFirst makes when an alert triggers or is resolved, and print each.

CALLBACK_USER and CALLBACK_PASSWORD are what the calls must be signed with; the first argument is the port. In a
service of your own, the one function below is all there is to it, in Starlette and in FastAPI alike.
"""

import os
import sys

import uvicorn
from starlette.applications import Starlette
from starlette.requests import Request
from starlette.responses import Response
from starlette.routing import Route

from tocsin import AuthError, InputError
from tocsin.appfirst import basic_auth, parse_callback

AUTH = basic_auth(os.environ["CALLBACK_USER"], os.environ["CALLBACK_PASSWORD"])


async def receive(request: Request) -> Response:
    data = await request.body() if request.method == "POST" else request.query_params
    try:
        call = parse_callback(request.method, data, request.headers, auth=AUTH)
    except AuthError:
        return Response(status_code=401)
    except InputError as error:
        return Response(str(error), status_code=400)
    print(f"alert {call.alert_id} {call.status}, history {call.alert_history_id}", flush=True)
    return Response(status_code=204)


app = Starlette(routes=[Route("/", receive, methods=["GET", "POST"])])

if __name__ == "__main__":
    uvicorn.run(app, host="127.0.0.1", port=int(sys.argv[1]), log_level="error")

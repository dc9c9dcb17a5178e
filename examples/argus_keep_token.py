"""Keep an Argus token fresh for years: each new one is written to the file that the old one came from.

ARGUS_URL says where; ARGUS_TOKEN_FILE holds the token.
"""

import asyncio
import os
from pathlib import Path

from tocsin import ArgusClient, Token

FILE = Path(os.environ["ARGUS_TOKEN_FILE"])


def save(token: Token) -> None:
    new = FILE.with_suffix(".new")
    new.touch(mode=0o600)
    new.write_text(token.value)
    new.replace(FILE)  # a crash leaves the old token or the new one, never half of one
    print(f"new token, good until {token.expires_at:%F %T %Z}")


async def main() -> None:
    token = FILE.read_text().strip()
    async with ArgusClient(os.environ["ARGUS_URL"], token=token, on_token=save) as argus:
        me = await argus.users.me()
        print(f"signed in as {me.username}")


asyncio.run(main())

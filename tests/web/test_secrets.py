"""Client secrets that are taken back."""

from hashlib import sha256

import pytest

from tests.guard_docs.scene import House, token

ANA, BOB = token("ana", scope="mint sessions"), token("bob")


async def told(house: House, path: str, brought: str) -> tuple[int, object]:
    answer = await house.client.delete(path, headers={"Authorization": f"Bearer {brought}"})
    return answer.status_code, await answer.get_json()


async def test_a_session_has_its_secrets_taken_back() -> None:
    """How many were good is told."""
    house = House()
    record, _ = await house.session()
    assert await told(house, f"/sessions/{record.id}/secrets", ANA) == (200, {"revoked": 1})
    assert await told(house, f"/sessions/{record.id}/secrets", ANA) == (200, {"revoked": 0})


async def test_one_secret_is_taken_back_by_its_sha_256() -> None:
    """Which whoever has the secret can compute; in whatever letters."""
    house = House()
    _, secret = await house.session()
    path = f"/secrets/{sha256(secret.encode()).hexdigest().upper()}"
    assert await told(house, path, ANA) == (200, {"revoked": 1})


@pytest.mark.parametrize("brought", [BOB, "octi_sk_other"])
async def test_anothers_secret_is_as_unknown_as_none(brought: str) -> None:
    house = House()
    record, secret = await house.session()
    known, unknown = sha256(secret.encode()).hexdigest(), sha256(b"nobody's").hexdigest()
    assert await told(house, f"/secrets/{known}", brought) == await told(house, f"/secrets/{unknown}", brought)
    if brought != BOB:
        assert (await told(house, f"/sessions/{record.id}/secrets", brought))[0] == 404

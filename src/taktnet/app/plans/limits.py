"""Which proposals need no person: those inside the limits that the settings state."""

from __future__ import annotations

from taktnet.app.plans.draft import Change, Draft
from taktnet.app.settings import Settings


def within(settings: Settings, draft: Draft) -> bool:
    """Whether a draft may be approved automatically.

    Its kind is named by `plan_auto`; every change is of a number by at most `plan_auto_percent`;
    money changes by at most `plan_auto_money`; service does not get worse. Money
    or service that a draft does not say is not inside any limit.
    """
    if draft.kind not in settings.plan_auto or draft.undoes or draft.money is None:
        return False
    money, service = draft.money, draft.service
    if service is None or money.today is None or money.proposed is None:
        return False
    if service.today is None or service.proposed is None:
        return False
    gain = service.proposed - service.today
    if (-gain if service.less_is_better else gain) < 0:
        return False
    if abs(money.proposed - money.today) > settings.plan_auto_money:
        return False
    return all(_small(change, settings.plan_auto_percent) for change in draft.changes)


def _small(change: Change, percent: float) -> bool:
    if not change.before or not change.after:
        return False
    try:
        pairs = [(float(change.before[name]), float(text)) for name, text in change.after.items()]
    except ValueError:
        return False
    return all(abs(new - old) * 100 <= percent * abs(old) for old, new in pairs)

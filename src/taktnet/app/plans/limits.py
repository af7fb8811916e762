"""Which proposals need no person: those inside the limits that the settings state."""

from __future__ import annotations

from taktnet.app.plans.draft import Change, Draft
from taktnet.app.settings import Settings
from taktnet.app.simulation.trial import SERVICE, loses


def within(settings: Settings, draft: Draft) -> bool:
    """Whether a draft may be approved automatically.

    Its kind is named by `plan_auto`; every change is of a number by at most `plan_auto_percent`;
    money changes by at most `plan_auto_money`; service is kept, with `plan_auto_service` points as
    the tolerance: by the trial of the draft, else by its figures. Money or service that a draft
    does not say is not inside any limit.
    """
    if draft.kind not in settings.plan_auto or draft.undoes or draft.money is None:
        return False
    money, service = draft.money, draft.service
    if service is None or money.today is None or money.proposed is None:
        return False
    if service.today is None or service.proposed is None:
        return False
    if _lost(draft, service.today, service.proposed, settings.plan_auto_service):
        return False
    if abs(money.proposed - money.today) > settings.plan_auto_money:
        return False
    return all(_small(change, settings.plan_auto_percent) for change in draft.changes)


def _lost(draft: Draft, today: float, proposed: float, points: float) -> bool:
    """Whether service is lost; what is not in percent may not get worse at all."""
    service, trial = draft.service, draft.details.get("trial")
    if trial is not None:
        effects = (one for one in trial["effects"] if one["measure"] in SERVICE)
        return any(loses(one["difference"]["high"], points / 100) for one in effects)
    assert service is not None
    gain = today - proposed if service.less_is_better else proposed - today
    return loses(gain, points if service.unit == "%" else 0.0)


def _small(change: Change, percent: float) -> bool:
    if not change.before or not change.after:
        return False
    try:
        pairs = [(float(change.before[name]), float(text)) for name, text in change.after.items()]
    except ValueError:
        return False
    return all(abs(new - old) * 100 <= percent * abs(old) for old, new in pairs)

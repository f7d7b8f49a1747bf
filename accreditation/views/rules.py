"""The registers: their rules with sources, sections and kinds of points. Everybody in a register is judged by them, so few may change them."""

from typing import Any

from django.contrib import messages
from django.contrib.auth.decorators import login_required
from django.core.exceptions import PermissionDenied, ValidationError
from django.db import transaction
from django.db.models import QuerySet
from django.http import HttpResponse
from django.shortcuts import get_object_or_404, redirect, render
from django.utils import timezone
from django.utils.translation import gettext
from django.views.decorators.http import require_http_methods, require_POST, require_safe

from accounts.audit import origin_of, record
from accounts.models import Organisation, Register, RegisterSection, User
from accounts.permissions import Action, may, organisations_where
from accounts.requests import PersonRequest
from accreditation.dossier import rules_in_full
from accreditation.evidence.forms import EvidenceKindForm
from accreditation.models import Draft, EvidenceKind, PointCategory, RegisterRule
from accreditation.rule_forms import CategoryForm, EndForm, RuleForms, SectionForm
from accreditation.simulation import contents, reckoning
from accreditation.simulation.reach import reach_of


def may_change_rules(person: User) -> bool:
    """A rule holds for everyone in the register, so only who manages accreditation for an association changes it, not any provider."""
    return person.is_superuser or association_of(person) is not None


def association_of(person: User) -> Organisation | None:
    """On behalf of which association someone changes rules."""
    return organisations_where(person, Action.MANAGE_REGISTER_RULES).filter(kind=Organisation.Kind.ASSOCIATION).order_by("pk").first()


def open_drafts(rule: RegisterRule) -> QuerySet[Draft]:
    """The drafts of this rule that may still take effect."""
    return Draft.objects.filter(rule=rule, state=Draft.State.OPEN)


@login_required
@require_safe
def registers(request: PersonRequest) -> HttpResponse:
    """The rules of each register, with source and whether the register confirmed them."""
    if not may(request.user, Action.MANAGE_REGISTER_RULES):
        raise PermissionDenied
    shown = Register.objects.prefetch_related("sections__professions", "point_categories__part_of", "evidence_kinds__category").order_by(
        "name"
    )
    rules: dict[int, list[RegisterRule]] = {}
    for rule in rules_in_full():
        rules.setdefault(rule.register_id, []).append(rule)
    names = {(section.register_id, section.code): section.name for register in shown for section in register.sections.all()}
    rows = [
        {
            "register": register,
            "rules": [
                {"rule": rule, "section": names.get((register.pk, rule.section), rule.section)} for rule in rules.get(register.pk, [])
            ],
        }
        for register in shown
    ]
    return render(request, "accreditation/registers.html", {"rows": rows, "may_change": may_change_rules(request.user)})


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def register_rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Change one rule: at once, or as a draft that is reckoned through first."""
    _require(request)
    rule = get_object_or_404(RegisterRule.objects.select_related("register"), pk=pk)
    return _rule_page(request, register=rule.register, rule=rule)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def new_rule(request: PersonRequest, register: str) -> HttpResponse:
    """Add a rule: for another period, section or profession."""
    _require(request)
    return _rule_page(request, register=get_object_or_404(Register, code=register), rule=None)


@login_required
@require_POST
def end_rule(request: PersonRequest, pk: int) -> HttpResponse:
    """Let a rule hold no longer than for periods that end on some day."""
    _require(request)
    with transaction.atomic():
        contents.hold_rules(get_object_or_404(Register, rules=pk))
        return _ended(request, pk)


def _ended(request: PersonRequest, pk: int) -> HttpResponse:
    rule = get_object_or_404(RegisterRule.objects.select_related("register"), pk=pk)
    form = EndForm(request.POST, prefix="einde")
    if form.is_valid():
        last_day = form.cleaned_data["last_day"]
        if rule.applies_from and last_day < rule.applies_from:
            form.add_error("last_day", gettext("Deze regel begint pas later te gelden. Kies een latere dag."))
        else:
            before, rule.applies_until = rule.applies_until, last_day
            try:
                rule.refuse_overlap(RegisterRule.objects.filter(register=rule.register).exclude(pk=rule.pk))
            except ValidationError as overlap:
                form.add_error("last_day", overlap.messages)
            else:
                rule.save(update_fields=["applies_until"])
                _record(
                    request,
                    "register-rule-ended",
                    str(rule),
                    reason=form.cleaned_data["reason"],
                    before=contents.as_json(before),
                    after=contents.as_json(last_day),
                )
                text = gettext("‘%(rule)s’ geldt %(dates)s. Voor perioden die later eindigen is een andere regel nodig.")
                messages.success(request, text % {"rule": rule.name, "dates": rule.dates})
                return redirect("accreditation:registers")
    return _rule_page(request, register=rule.register, rule=rule, end_form=form)


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def section(request: PersonRequest, register: str, pk: int | None = None) -> HttpResponse:
    """Add or change a section of a register."""
    return _part(request, register, pk, RegisterSection, SectionForm, gettext("Deelregister"), "register-section-saved")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def category(request: PersonRequest, register: str, pk: int | None = None) -> HttpResponse:
    """Add or change a kind of points of a register."""
    return _part(request, register, pk, PointCategory, CategoryForm, gettext("Puntensoort"), "point-category-saved")


@login_required
@require_http_methods(["GET", "HEAD", "POST"])
def evidence_kind(request: PersonRequest, register: str, pk: int | None = None) -> HttpResponse:
    """Add or change a kind of own evidence of a register: how it gives points, and where they count."""
    return _part(request, register, pk, EvidenceKind, EvidenceKindForm, gettext("Soort eigen bewijs"), "evidence-kind-saved")


def _rule_page(request: PersonRequest, *, register: Register, rule: RegisterRule | None, end_form: EndForm | None = None) -> HttpResponse:
    posted = request.POST if request.method == "POST" and end_form is None else None
    with transaction.atomic():
        if posted is not None:
            contents.hold_rules(register)
        forms = RuleForms(posted, register=register, rule=rule)
        if posted is not None and forms.is_valid():
            return _saved(request, forms, rule=rule)
    wrong = posted is not None or end_form is not None
    return render(
        request,
        "accreditation/register_rule.html",
        {
            "forms": forms,
            "register": register,
            "rule": rule,
            "end_form": end_form or EndForm(prefix="einde"),
            "may_end": rule is not None,
            "others": open_drafts(rule) if rule else [],
            "reach": reach_of(rule, reader=request.user, day=timezone.localdate()) if rule else None,
        },
        status=422 if wrong else 200,
    )


def _saved(request: PersonRequest, forms: RuleForms, *, rule: RegisterRule | None) -> HttpResponse:
    """What was filled in, as a draft that is reckoned through or as the rule that holds at once."""
    register, content, reason = forms.register, forms.content(), forms.form.cleaned_data["reason"]
    if "voorstel" in request.POST:
        draft = Draft.objects.create(register=register, rule=rule, content=content, reason=reason, made_by=request.user)
        _record(request, "draft-saved", str(draft), draft=draft.pk, reason=reason)
        reckoning.start(draft=draft, asked_by=request.user, organisation=association_of(request.user))
        return redirect("accreditation:draft", pk=draft.pk)
    before = forms.before or {}
    saved = contents.write_rule(content, register=register, rule=rule)
    changed = sorted(name for name, value in content.items() if before.get(name) != value)
    _record(request, "register-rule-saved", f"{register}: {saved}", changed=changed, reason=reason, before=before, after=content)
    messages.success(request, gettext("De regel is bewaard en geldt meteen in ieders dossier."))
    if content != forms.as_typed():
        text = gettext("‘Bevestigd’ is weggehaald bij wat je veranderde. Kijk het in de bron na, en zet het er dan weer bij.")
        messages.warning(request, text)
    return redirect("accreditation:registers")


def _part(request: PersonRequest, code: str, pk: int | None, model: Any, form_class: Any, kind: str, event: str) -> HttpResponse:
    _require(request)
    register = get_object_or_404(Register, code=code)
    instance = get_object_or_404(model, register=register, pk=pk) if pk else model(register=register)
    form = form_class(request.POST or None, instance=instance, register=register)
    if request.method == "POST" and form.is_valid():
        saved = form.save()
        _record(request, event, f"{register}: {saved}", changed=form.changed_data)
        messages.success(request, gettext("‘%(name)s’ is bewaard.") % {"name": saved.name})
        return redirect("accreditation:registers")
    context = {"form": form, "register": register, "kind": kind, "instance": instance if pk else None}
    return render(request, "accreditation/register_part.html", context, status=422 if request.method == "POST" else 200)


def _require(request: PersonRequest) -> None:
    if not may_change_rules(request.user):
        raise PermissionDenied


def _record(request: PersonRequest, event: str, subject: str, **details: Any) -> None:
    record(event, actor=request.user, on_behalf_of=association_of(request.user), subject=subject, origin=origin_of(request), **details)

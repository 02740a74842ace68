package dashboard_test

import (
	"strings"
	"testing"
)

func TestEventsTellWhoDidWhat(t *testing.T) {
	w := newWorld(t)
	b := w.operator()
	ada := w.user("ada")
	at := "/dashboard/users/" + ada.ID
	b.change(at+"/access", at+"/ban")
	b.change(at+"/access", at+"/unban")
	b.change(at+"/access", at+"/operator/add")
	b.change(at+"/access", at+"/operator/remove")
	list := b.get("/dashboard/events?object=" + ada.ID)
	list.wants(t, 200, "operator.removed", "operator.added", "user.updated", "user.created", w.operatorID())
	if n := strings.Count(list.body, ">user.updated</bdi>"); n != 2 {
		t.Errorf("%d changes of the user, want 2", n)
	}
	b.get("/dashboard/events?type=operator.added").wants(t, 200, w.operatorID())
	b.get(list.find(t, `href="(/dashboard/events/evt_\w+)"`)).wants(t, 200, "operator.removed", w.operatorID(), "As it was then", "ada@example.com")
	b.get("/dashboard/events?type=session.removed").wants(t, 200, "Nothing")
	b.get("/dashboard/events?type=nonsense").wants(t, 422)
	b.get("/dashboard/events?after=nonsense").wants(t, 404)
	b.get("/dashboard/events/evt_nonsense").wants(t, 404)

	for range 30 {
		b.change(at+"/access", at+"/lock")
		b.change(at+"/access", at+"/unlock")
	}
	first := b.get("/dashboard/events?type=user.updated")
	next := strings.ReplaceAll(first.find(t, `href="(/dashboard/events\?after=[^"]+)"`), "&amp;", "&")
	b.get(next).wants(t, 200, "user.updated")
}

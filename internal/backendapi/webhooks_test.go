package backendapi

import (
	"bytes"
	"fmt"
	"net/http"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/oauth"
	"github.com/signet-auth/signet/internal/store"
)

const (
	noWebhook = "/v1/webhooks/we_2O4BCh3zUONvWlZHtBXv6s6tm7u"
	noEvent   = "evt_01a20d6d5de80000a1b2c3d4e5f60718"
)

// events are those of a page, as type and object.
func eventsOf(t *testing.T, a answer) []string {
	t.Helper()
	texts := []string{}
	for _, x := range a.member(t, "data").([]any) {
		e := x.(map[string]any)
		texts = append(texts, fmt.Sprint(e["type"], " ", e["object_id"]))
	}
	return texts
}

func TestEventsAreListedAndFollowed(t *testing.T) {
	b := newBench(t)
	id := b.do("POST /v1/users", `{"username":"ada.l"}`).member(t, "id").(string)
	b.do("POST /v1/users/"+id+"/ban", "null").member(t, "id")
	want := []string{"user.created " + id, "user.updated " + id}
	newest := b.do("GET /v1/events?order_by=-timestamp&limit=1", "")
	if got := eventsOf(t, newest); len(got) != 1 || got[0] != want[1] || newest.member(t, "has_more") != true {
		t.Errorf("the newest: %s", newest.body)
	}
	e := newest.member(t, "data").([]any)[0].(map[string]any)
	actor := e["event_attributes"].(map[string]any)["actor"].(map[string]any)
	if data := e["data"].(map[string]any); data["object"] != "user" || data["banned"] != true || e["user_id"] != id {
		t.Errorf("the user as it was then: %v", data)
	}
	if me := b.do("GET /v1/whoami", "").member(t, "secret_key").(map[string]any); actor["type"] != "secret_key" || actor["id"] != me["id"] || actor["name"] != me["name"] {
		t.Errorf("done by %v, want %v", actor, me)
	}
	if one := b.do("GET /v1/events/"+e["id"].(string), ""); one.member(t, "type") != "user.updated" {
		t.Errorf("one event: %s", one.body)
	}

	feed := b.do("GET /v1/events?object_id="+id, "")
	if got := eventsOf(t, feed); fmt.Sprint(got) != fmt.Sprint(want) {
		t.Errorf("the feed has %v, want %v", got, want)
	}
	follow := "GET /v1/events?object_id=" + id + "&after=" + feed.member(t, "next_cursor").(string)
	still := b.do(follow, "")
	if got := eventsOf(t, still); len(got) > 0 || still.member(t, "has_more") != false {
		t.Errorf("nothing has happened, and the feed has %v", got)
	}
	b.do("DELETE /v1/users/"+id, "").member(t, "deleted")
	gone := b.do("GET /v1/events?type=user.deleted&after="+still.member(t, "next_cursor").(string), "")
	if got := eventsOf(t, gone); len(got) != 1 || got[0] != "user.deleted "+id {
		t.Errorf("after the deletion the feed has %v", got)
	}
	if data := gone.member(t, "data").([]any)[0].(map[string]any)["data"]; fmt.Sprint(data) != fmt.Sprint(map[string]any{"object": "user", "id": id, "deleted": true}) {
		t.Errorf("a deletion says %v", data)
	}
	at := int64(e["timestamp"].(float64))
	for query, want := range map[string]int{
		fmt.Sprintf("since=%d&before=%d", at, at+1): 1, fmt.Sprintf("since=%d", at+1): 1, "since=1&before=2": 0,
		"type=user.created&type=user.updated": 2, "type=oauth_application.created": 0,
	} {
		if got := eventsOf(t, b.do("GET /v1/events?object_id="+id+"&"+query, "")); len(got) != want {
			t.Errorf("%s: %v, want %d", query, got, want)
		}
	}
}

// Everything that has an event is changed, and nothing that is secret is in one.
func TestEventsHoldNoSecrets(t *testing.T) {
	b := newBench(t)
	var secrets []string
	note := func(a answer, member string) answer {
		secrets = append(secrets, a.member(t, member).(string))
		return a
	}
	const password = "correct horse battery"
	user := b.do("POST /v1/users", `{"username":"ada.l","password":"`+password+`"}`).member(t, "id").(string)
	app := note(b.do("POST /v1/oauth_applications", `{"name":"Ledger"}`), "client_secret").member(t, "id").(string)
	note(b.do("POST /v1/oauth_applications/"+app+"/rotate_secret", `{"overlap_seconds":60}`), "client_secret")
	note(b.do("POST /v1/secret_keys", `{"name":"CI"}`), "secret_key")
	hook := note(b.do("POST /v1/webhooks", `{"url":"https://app.example.com/hooks/hidden-path?key=hidden-key"}`), "secret").member(t, "id").(string)
	note(b.do("POST /v1/webhooks/"+hook+"/rotate_secret", "null"), "secret")
	b.do("POST /v1/webhooks/"+hook+"/test", "null").member(t, "event_id")
	u, err := b.stores.UserByID(t.Context(), user)
	c, err2 := b.stores.ClientByID(t.Context(), app)
	w, err3 := b.stores.Webhook(t.Context(), hook)
	if err != nil || err2 != nil || err3 != nil {
		t.Fatal(err, err2, err3)
	}
	sealed := store.SigningKey{ID: "kid", Algorithm: oauth.RS256, Number: 1, PublicJWK: []byte("{}"), SealedKey: []byte("sealed-private-key"), CreatedAt: b.now(), ActiveFrom: b.now()}
	if err := b.stores.CreateSigningKey(t.Context(), sealed); err != nil {
		t.Fatal(err)
	}
	for _, x := range [][]byte{c.SecretHash[:], c.OldSecret.Hash[:], w.Secret, w.OldSecret} {
		secrets = append(secrets, fmt.Sprintf("%x", x), string(x))
	}
	secrets = append(secrets, password, u.PasswordDigest, "$argon2id", "sealed-private-key", "hidden-path", "hidden-key")
	all := b.do("GET /v1/events?limit=500", "")
	if n := len(eventsOf(t, all)); n < 8 {
		t.Errorf("there are only %d events", n)
	}
	deliveries := b.do("GET /v1/webhooks/"+hook+"/deliveries?limit=500", "")
	for _, s := range secrets {
		if bytes.Contains(all.body, []byte(s)) || bytes.Contains(deliveries.body, []byte(s)) {
			t.Errorf("an event holds %.12q", s)
		}
	}
}

func TestWebhooks(t *testing.T) {
	b := newBench(t)
	made := b.do("POST /v1/webhooks", `{"url":"https://app.example.com/h","description":" The shop ","event_types":["user.created"]}`)
	path := "/v1/webhooks/" + made.member(t, "id").(string)
	secret := made.member(t, "secret").(string)
	if made.member(t, "description") != "The shop" || made.member(t, "enabled") != true || !strings.HasPrefix(secret, "whsec_") {
		t.Errorf("made %s", made.body)
	}
	b.do("PATCH "+path, `{"enabled":false,"event_types":[]}`).member(t, "id")
	if got := b.do("GET "+path, ""); got.member(t, "enabled") != false || len(got.member(t, "event_types").([]any)) != 0 || got.member(t, "url") != "https://app.example.com/h" || bytes.Contains(got.body, []byte("whsec_")) {
		t.Errorf("changed to %s", got.body)
	}
	if got := b.do("POST "+path+"/test", "null").refusedWith(t); got != "409 conflict" {
		t.Errorf("testing one that is disabled: %s", got)
	}
	b.do("POST /v1/users", `{"username":"ada.l"}`).member(t, "id")
	b.do("PATCH "+path, `{"enabled":true}`).member(t, "id")
	if got := b.do("POST "+path+"/replay", `{"since":0}`).member(t, "replayed"); got.(float64) < 3 {
		t.Errorf("replayed %v", got)
	}
	test := b.do("POST "+path+"/test", "null")
	event := test.member(t, "event_id").(string)
	first := b.do("GET "+path+"/deliveries?limit=1", "")
	if d := first.member(t, "data").([]any)[0].(map[string]any); d["event_id"] != event || d["event_type"] != "webhook.test" || first.member(t, "has_more") != true {
		t.Errorf("the newest delivery is %v", d)
	}
	rest := b.do("GET "+path+"/deliveries?limit=500&after="+first.member(t, "next_cursor").(string), "")
	if got := rest.member(t, "data").([]any); len(got) < 3 || strings.Contains(fmt.Sprint(got), event) {
		t.Errorf("the other deliveries are %v", got)
	}
	if got := b.do("GET "+path+"/deliveries?status=delivered", "").member(t, "data").([]any); len(got) != 0 {
		t.Errorf("nothing was delivered: %v", got)
	}
	if got := b.do("POST "+path+"/deliveries/"+event+"/redeliver", "null"); got.member(t, "status") != "pending" {
		t.Errorf("sent again: %s", got.body)
	}
	rotated := b.do("POST "+path+"/rotate_secret", `{"overlap_seconds":0}`)
	if rotated.member(t, "secret") == secret || rotated.member(t, "old_secret_expires") != nil {
		t.Errorf("rotated to %s", rotated.body)
	}
	b.do("DELETE "+path, "").member(t, "deleted")
	if got := b.do("GET "+path+"/deliveries", "").refusedWith(t); got != "404 resource_not_found" {
		t.Errorf("deliveries to what is gone: %s", got)
	}
}

func TestWebhookRefusals(t *testing.T) {
	b := newBench(t)
	path := "/v1/webhooks/" + b.do("POST /v1/webhooks", `{"url":"https://app.example.com/h"}`).member(t, "id").(string)
	for _, tt := range []struct{ name, what, body, want string }{
		{"no url", "POST /v1/webhooks", `{}`, "422 form_param_missing url"},
		{"an empty url", "POST /v1/webhooks", `{"url":""}`, "422 form_param_nil url"},
		{"http", "POST /v1/webhooks", `{"url":"http://app.example.com/"}`, "422 form_param_format_invalid url"},
		{"a path", "POST /v1/webhooks", `{"url":"/hooks"}`, "422 form_param_format_invalid url"},
		{"no port", "POST /v1/webhooks", `{"url":"https://app.example.com:0/"}`, "422 form_param_format_invalid url"},
		{"a port that is none", "PATCH " + path, `{"url":"https://app.example.com:99999/"}`, "422 form_param_format_invalid url"},
		{"a private address", "POST /v1/webhooks", `{"url":"https://10.0.0.1/"}`, "422 form_param_value_invalid url"},
		{"the address of metadata", "PATCH " + path, `{"url":"https://169.254.169.254/"}`, "422 form_param_value_invalid url"},
		{"an unknown type", "PATCH " + path, `{"event_types":["user.invented"]}`, "422 form_param_value_invalid event_types"},
		{"a type twice", "PATCH " + path, `{"event_types":["user.created","user.created"]}`, "422 form_param_duplicate event_types"},
		{"a wrong type", "PATCH " + path, `{"enabled":"yes"}`, "422 form_param_type_invalid enabled"},
		{"an unknown field", "PATCH " + path, `{"secret":"whsec_x"}`, "422 form_param_unknown secret"},
		{"a long overlap", "POST " + path + "/rotate_secret", `{"overlap_seconds":2592001}`, "422 form_param_value_invalid overlap_seconds"},
		{"no since", "POST " + path + "/replay", `null`, "422 form_param_missing since"},
		{"since in the future", "POST " + path + "/replay", `{"since":4102444800000}`, "422 form_param_value_invalid since"},
		{"since before time", "POST " + path + "/replay", `{"since":-1}`, "422 form_param_value_invalid since"},
		{"no such webhook", "GET " + noWebhook, "", "404 resource_not_found"},
		{"to change", "PATCH " + noWebhook, `{"enabled":true}`, "404 resource_not_found"},
		{"to delete", "DELETE " + noWebhook, "", "404 resource_not_found"},
		{"to rotate", "POST " + noWebhook + "/rotate_secret", "", "404 resource_not_found"},
		{"to test", "POST " + noWebhook + "/test", "", "404 resource_not_found"},
		{"to replay", "POST " + noWebhook + "/replay", `{"since":0}`, "404 resource_not_found"},
		{"an id that is none", "GET /v1/webhooks/x%00", "", "404 resource_not_found"},
		{"no such delivery", "GET " + path + "/deliveries/" + noEvent, "", "404 resource_not_found"},
		{"to send again", "POST " + path + "/deliveries/" + noEvent + "/redeliver", "", "404 resource_not_found"},
		{"a status that is none", "GET " + path + "/deliveries?status=lost", "", "422 form_param_value_invalid status"},
		{"a made-up cursor", "GET " + path + "/deliveries?after=x", "", "422 form_param_value_invalid after"},
		{"no such event", "GET /v1/events/" + noEvent, "", "404 resource_not_found"},
		{"an event that is none", "GET /v1/events/evt_x", "", "404 resource_not_found"},
		{"an unknown type to list", "GET /v1/events?type=x", "", "422 form_param_value_invalid type"},
		{"an order that is none", "GET /v1/events?order_by=type", "", "422 form_param_value_invalid order_by"},
		{"a cursor of the other order", "GET /v1/events?order_by=-timestamp&after=" + b.do("GET /v1/events", "").member(t, "next_cursor").(string), "", "422 form_param_value_invalid after"},
		{"a time that is none", "GET /v1/events?since=yesterday", "", "422 form_param_value_invalid since"},
	} {
		if got := b.do(tt.what, tt.body).refusedWith(t); got != tt.want {
			t.Errorf("%s: %s, want %s", tt.name, got, tt.want)
		}
	}
	for range store.MaxWebhooks - 1 {
		b.do("POST /v1/webhooks", `{"url":"https://app.example.com/h"}`).member(t, "id")
	}
	if got := b.do("POST /v1/webhooks", `{"url":"https://app.example.com/h"}`).refusedWith(t); got != "422 form_param_array_size_exceeded url" {
		t.Errorf("one too many: %s", got)
	}
}

func TestADeliveryTellsHowItWent(t *testing.T) {
	b := newBench(t)
	hook := b.do("POST /v1/webhooks", `{"url":"https://app.example.com/h"}`).member(t, "id").(string)
	event := b.do("POST /v1/webhooks/"+hook+"/test", "null").member(t, "event_id").(string)
	far := b.now().Add(24 * time.Hour)
	claimed, err := b.stores.ClaimDeliveries(t.Context(), store.DeliveryClaim{WebhookID: hook, Token: "t", Now: far, Until: far.Add(time.Minute), Limit: 10})
	if err != nil {
		t.Fatal(err)
	}
	if got := b.do("POST /v1/webhooks/"+hook+"/deliveries/"+event+"/redeliver", "null").refusedWith(t); got != "409 conflict" {
		t.Errorf("sent again while it is being sent: %s", got)
	}
	id, _ := store.ParseEventID(event)
	for _, d := range claimed {
		if d.EventID == id {
			_, err = b.stores.SettleDelivery(t.Context(), store.Settlement{
				WebhookID: hook, EventID: id, Token: "t", Next: far.Add(time.Hour), Attempt: store.Attempt{At: far, Status: http.StatusBadGateway, Took: 12 * time.Millisecond, Problem: "p"},
			})
		}
	}
	got := b.do("GET /v1/webhooks/"+hook+"/deliveries/"+event, "")
	log := got.member(t, "log").([]any)[0].(map[string]any)
	if err != nil || got.member(t, "attempts") != 1.0 || log["status_code"] != 502.0 || log["duration_ms"] != 12.0 || log["error"] != "p" ||
		got.member(t, "next_attempt_at") != float64(far.Add(time.Hour).UnixMilli()) {
		t.Errorf("told as %s, %v", got.body, err)
	}
	if w := b.do("GET /v1/webhooks/"+hook, ""); w.member(t, "failing_since") != float64(far.UnixMilli()) {
		t.Errorf("failing since: %s", w.body)
	}
}

// Whoever adds a type is told where it has to be named.
func TestEveryTypeIsDescribed(t *testing.T) {
	source, err := os.ReadFile(filepath.Join("..", "store", "events.go"))
	guide, err2 := os.ReadFile(filepath.Join("..", "..", "docs", "guides", "webhooks.md"))
	if err != nil || err2 != nil {
		t.Fatal(err, err2)
	}
	schema := describedAPI(t).whole["components"].(map[string]any)["schemas"].(map[string]any)["EventType"].(map[string]any)
	var described, listed, declared []string
	for _, x := range schema["enum"].([]any) {
		described = append(described, x.(string))
	}
	for _, x := range store.EventTypes() {
		listed = append(listed, string(x))
		family, what, _ := strings.Cut(string(x), ".")
		if !bytes.Contains(guide, []byte("`"+family+".")) || !bytes.Contains(guide, []byte("."+what+"`")) {
			t.Errorf("docs/guides/webhooks.md does not name %s", x)
		}
	}
	for _, m := range regexp.MustCompile(`EventType += "([^"]+)"`).FindAllSubmatch(source, -1) {
		declared = append(declared, string(m[1]))
	}
	for _, all := range [][]string{described, listed, declared} {
		slices.Sort(all)
	}
	if !slices.Equal(described, declared) || !slices.Equal(listed, declared) {
		t.Errorf("there are the types %v\ndescribed are %v\nand listed %v", declared, described, listed)
	}
}

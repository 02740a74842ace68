package storetest

import (
	"context"
	"errors"
	"fmt"
	"sync/atomic"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

var webhookPromises = map[string]func(*testing.T, Store){
	"webhooks are kept and changed in one version": webhooksAreKept,
	"of concurrent rotations one secret is kept":   oneRotation,
	"endpoints are limited":                        webhooksAreLimited,
	"an event is due where it is wanted":           wantedEvents,
	"a delivery is claimed by one":                 claimedByOne,
	"a claim that ran out settles nothing":         lostClaims,
	"an endpoint that fails for long is given up":  givenUp,
	"deliveries are listed and sent again":         redelivered,
	"a test is for one endpoint":                   tested,
}

func webhook(id string, types ...store.EventType) store.Webhook {
	return store.Webhook{ID: id, URL: "https://w.example", Types: types, Enabled: true, Secret: []byte("sealed"), CreatedAt: now, UpdatedAt: now}
}

// far is later than every event is due: those of the store have its own clock.
var far = time.Date(2100, 1, 1, 0, 0, 0, 0, time.UTC)

func claimOf(id, token string) store.DeliveryClaim {
	return store.DeliveryClaim{WebhookID: id, Token: token, Now: far, Until: far.Add(time.Minute), Limit: 100}
}

func webhooksAreKept(t *testing.T, s Store) {
	w := webhook("we_1", store.UserCreated, store.UserDeleted)
	w.Description, w.OldSecret, w.OldUntil = "d", []byte("old"), now.Add(time.Hour)
	must(t, s.CreateWebhook(t.Context(), w))
	w.Revision = 1
	if got, err := s.Webhook(t.Context(), "we_1"); err != nil || fmt.Sprint(got) != fmt.Sprint(w) {
		t.Errorf("kept as %+v, %v, want %+v", got, err, w)
	}
	w.Description = "e"
	oneOf(t, together(8, func(int) error { return s.UpdateWebhook(t.Context(), w, store.WebhookUpdated) }))
	if all, err := s.ListWebhooks(t.Context()); err != nil || len(all) != 1 || all[0].Description != "e" || all[0].Revision != 2 {
		t.Errorf("changed to %+v, %v", all, err)
	}
	oneOf(t, together(4, func(int) error { return s.DeleteWebhook(t.Context(), "we_1") }))
	w.Revision = 2
	if err := s.UpdateWebhook(t.Context(), w, store.WebhookUpdated); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("changing one that is gone: %v", err)
	}
	if got := told(newest(t, s, store.EventQuery{Limit: 3})); got != "webhook.deleted we_1, webhook.updated we_1, webhook.created we_1" {
		t.Errorf("told as %s", got)
	}
}

func oneRotation(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_1")))
	errs := together(8, func(i int) error {
		w := webhook("we_1")
		w.Secret, w.OldSecret, w.OldUntil, w.Revision = fmt.Append(nil, "secret ", i), w.Secret, now.Add(time.Hour), 1
		return s.UpdateWebhook(t.Context(), w, store.WebhookSecretRotated)
	})
	oneOf(t, errs)
	kept, err := s.Webhook(t.Context(), "we_1")
	must(t, err)
	for i, err := range errs {
		if won := string(kept.Secret) == fmt.Sprint("secret ", i); won != (err == nil) || !won && !errors.Is(err, store.ErrConflict) {
			t.Errorf("caller %d: %v, and its secret is kept: %v", i, err, won)
		}
	}
	if string(kept.OldSecret) != "sealed" {
		t.Errorf("before it was %q", kept.OldSecret)
	}
	if got := newest(t, s, store.EventQuery{Limit: 10, Types: []store.EventType{store.WebhookSecretRotated}}); len(got) != 1 {
		t.Errorf("told as %s", told(got))
	}
}

func webhooksAreLimited(t *testing.T, s Store) {
	for i := range store.MaxWebhooks {
		must(t, s.CreateWebhook(t.Context(), webhook(fmt.Sprintf("we_%d", i))))
	}
	if err := s.CreateWebhook(t.Context(), webhook("we_more")); !errors.Is(err, store.ErrConflict) {
		t.Errorf("one too many: %v, want ErrConflict", err)
	}
}

func wantedEvents(t *testing.T, s Store) {
	off := webhook("we_off")
	off.Enabled = false
	for _, w := range []store.Webhook{webhook("we_locks", store.UserUpdated), webhook("we_deletes", store.UserDeleted), off, webhook("we_all")} {
		must(t, s.CreateWebhook(t.Context(), w))
	}
	must(t, s.SetLocked(t.Context(), user, true, now))
	locked := newest(t, s, store.EventQuery{Limit: 1})[0]
	for id, want := range map[string]int{"we_locks": 1, "we_deletes": 0, "we_off": 0, "we_all": 2} { // we_all has its own creation too
		got, err := s.ClaimDeliveries(t.Context(), claimOf(id, "t"))
		must(t, err)
		if len(got) != want || want == 1 && (got[0].EventID != locked.ID || got[0].EventType != store.UserUpdated) {
			t.Errorf("%s: due are %+v, want %d", id, got, want)
		}
	}
	if due, err := s.DueWebhooks(t.Context(), far); err != nil || len(due) != 0 {
		t.Errorf("all is claimed, and due are %+v, %v", due, err)
	}
	if due, err := s.DueWebhooks(t.Context(), far.Add(time.Minute)); err != nil || len(due) != 2 {
		t.Errorf("when the claims have run out, due are %+v, %v, want 2", due, err)
	}
}

func claimedByOne(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_1")))
	for i := range 20 {
		must(t, s.SetLocked(t.Context(), user, i%2 == 0, now))
	}
	var claimed atomic.Int32
	for i, err := range together(8, func(i int) error {
		c := claimOf("we_1", fmt.Sprint(i))
		c.Limit = 5
		for {
			got, err := s.ClaimDeliveries(t.Context(), c)
			claimed.Add(int32(len(got)))
			if err != nil || len(got) == 0 {
				return err
			}
		}
	}) {
		if err != nil {
			t.Errorf("caller %d: %v", i, err)
		}
	}
	if n := claimed.Load(); n != 21 {
		t.Errorf("21 deliveries were claimed %d times", n)
	}
}

func settlement(d store.Delivery, token string, at time.Time) store.Settlement {
	return store.Settlement{
		WebhookID: d.WebhookID, EventID: d.EventID, Token: token, Log: d.Log,
		Attempt: store.Attempt{At: at, Status: 500, Took: 3 * time.Millisecond, Problem: "status"},
	}
}

func lostClaims(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_1")))
	first, err := s.ClaimDeliveries(t.Context(), claimOf("we_1", "a"))
	must(t, err)
	late := claimOf("we_1", "b")
	late.Now, late.Until = far.Add(time.Minute), far.Add(2*time.Minute)
	if again, err := s.ClaimDeliveries(t.Context(), late); err != nil || len(again) != 1 {
		t.Fatalf("a claim that ran out: %+v, %v", again, err)
	}
	if _, err := s.SettleDelivery(t.Context(), settlement(first[0], "a", far)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("settled by whoever has lost it: %v", err)
	}
	x := settlement(first[0], "b", far)
	x.Next = far.Add(time.Hour)
	_, err = s.SettleDelivery(t.Context(), x)
	must(t, err)
	got, err := s.Delivery(t.Context(), "we_1", first[0].EventID)
	must(t, err)
	if got.State != store.DeliveryPending || got.Attempts != 1 || !got.DueAt.Equal(x.Next) || len(got.Log) != 1 || got.Log[0] != x.Attempt {
		t.Errorf("settled as %+v", got)
	}
	if w, err := s.Webhook(t.Context(), "we_1"); err != nil || !w.FailingSince.Equal(far) {
		t.Errorf("failing since %v, %v", w.FailingSince, err)
	}
}

func givenUp(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_1")))
	must(t, s.SetLocked(t.Context(), user, true, now))
	due, err := s.ClaimDeliveries(t.Context(), claimOf("we_1", "a"))
	must(t, err)
	x := settlement(due[0], "a", far)
	x.GiveUp = far // it has not failed for longer
	if disabled, err := s.SettleDelivery(t.Context(), x); disabled || err != nil {
		t.Errorf("given up at the first failure: %v, %v", disabled, err)
	}
	x = settlement(due[1], "a", far.Add(time.Hour))
	x.GiveUp = far.Add(time.Second)
	got := events(t, s, func(ctx context.Context) {
		if disabled, err := s.SettleDelivery(ctx, x); !disabled || err != nil {
			t.Errorf("not given up: %v, %v", disabled, err)
		}
	})
	if told(got) != "webhook.disabled we_1" || got[0].Actor.Kind != store.BySystem {
		t.Errorf("told as %s", told(got))
	}
	w, err := s.Webhook(t.Context(), "we_1")
	if err != nil || w.Enabled {
		t.Fatalf("still enabled, %v", err)
	}
	w.Enabled, w.UpdatedAt = true, far
	must(t, s.UpdateWebhook(t.Context(), w, store.WebhookUpdated))
	if w, err = s.Webhook(t.Context(), "we_1"); err != nil || !w.Enabled || !w.FailingSince.IsZero() {
		t.Errorf("enabled again: %+v, %v", w, err)
	}
}

func redelivered(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_1", store.UserCreated, store.UserUpdated)))
	must(t, s.SetLocked(t.Context(), user, true, now))
	due, err := s.ClaimDeliveries(t.Context(), claimOf("we_1", "a"))
	must(t, err)
	d := due[0]
	if err := s.Redeliver(t.Context(), "we_1", d.EventID, now); !errors.Is(err, store.ErrConflict) {
		t.Errorf("sent again while it is claimed: %v", err)
	}
	x := settlement(d, "a", far)
	x.Delivered, x.Attempt = true, store.Attempt{At: far, Status: 200}
	_, err = s.SettleDelivery(t.Context(), x)
	must(t, err)
	list := func(q store.DeliveryQuery) []store.Delivery {
		q.WebhookID, q.Limit = "we_1", 10
		all, err := s.ListDeliveries(t.Context(), q)
		must(t, err)
		return all
	}
	if all := list(store.DeliveryQuery{State: store.DeliveryDelivered}); len(all) != 1 || !all[0].DueAt.IsZero() {
		t.Errorf("delivered are %+v", all)
	}
	must(t, s.Redeliver(t.Context(), "we_1", d.EventID, now))
	if all := list(store.DeliveryQuery{}); len(all) != 1 || all[0].State != store.DeliveryPending || all[0].Attempts != 0 || len(all[0].Log) != 1 {
		t.Errorf("sent again: %+v", all)
	}
	n, next, err := s.RedeliverSince(t.Context(), "we_1", store.EventID{}, 100, now)
	if n != 1 || next != (store.EventID{}) || err != nil { // the user was made before the endpoint
		t.Errorf("everything again: %d, %v, %v, want 1: what is pending stays", n, next, err)
	}
	if all := list(store.DeliveryQuery{Before: d.EventID}); len(all) != 1 || all[0].EventType != store.UserCreated {
		t.Errorf("before the delivery there are %+v", all)
	}
	if _, next, err := s.RedeliverSince(t.Context(), "we_1", store.EventID{}, 2, now); next == (store.EventID{}) || err != nil {
		t.Errorf("there is more than two to look at: %v, %v", next, err)
	}
	if err := s.Redeliver(t.Context(), "we_2", d.EventID, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such delivery: %v", err)
	}
}

func tested(t *testing.T, s Store) {
	must(t, s.CreateWebhook(t.Context(), webhook("we_all")))
	must(t, s.CreateWebhook(t.Context(), webhook("we_1", store.UserCreated)))
	d, err := s.TestWebhook(t.Context(), "we_1")
	if err != nil || d.EventType != store.WebhookTest || d.State != store.DeliveryPending {
		t.Fatalf("tested as %+v, %v", d, err)
	}
	if _, err := s.Delivery(t.Context(), "we_all", d.EventID); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("the other endpoint gets it too: %v", err)
	}
	if _, err := s.TestWebhook(t.Context(), "we_2"); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such endpoint: %v", err)
	}
}

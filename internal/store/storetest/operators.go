package storetest

import (
	"context"
	"errors"
	"slices"
	"testing"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

var operatorPromises = map[string]func(*testing.T, Store){
	"an operator is a user who may act":             operatorActs,
	"the last operator stays":                       lastOperatorStays,
	"of the last two operators one can go":          lastTwoOperators,
	"a link makes one operator":                     linkMakesOneOperator,
	"first links make one operator, whichever":      firstLinksMakeOne,
	"a link that ended makes nobody an operator":    endedLinks,
	"a link that is refused is not used up":         refusedLinkStays,
	"expired links of operators are deleted":        expiredLinks,
	"an operator who is deleted is no operator":     deletedOperator,
	"a person who was an operator can be one again": operatorAgain,
	"changes of operators are told":                 operatorEvents,
}

func isOperator(t *testing.T, s store.Operators, id string) bool {
	t.Helper()
	is, err := s.IsOperator(t.Context(), id)
	must(t, err)
	return is
}

func operatorIDs(t *testing.T, s store.Operators) []string {
	t.Helper()
	all, err := s.ListOperators(t.Context())
	must(t, err)
	ids := []string{}
	for _, o := range all {
		ids = append(ids, o.User.ID)
	}
	return ids
}

func operatorActs(t *testing.T, s Store) {
	if isOperator(t, s, user) || isOperator(t, s, "user_\x00") {
		t.Error("nobody is an operator yet")
	}
	if err := s.AddOperator(t.Context(), "user_nobody", now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("adding nobody: %v, want ErrNotFound", err)
	}
	second := newUser("user_2", "bob@example.com")
	second.Emails = append(second.Emails, store.Email{ID: "idn_more", Address: "bob@more.example", CreatedAt: now})
	must(t, s.CreateUser(t.Context(), second))
	must(t, s.AddOperator(t.Context(), "user_2", now))
	must(t, s.AddOperator(t.Context(), user, now.Add(time.Minute)))
	must(t, s.AddOperator(t.Context(), user, now.Add(time.Hour)))
	all, err := s.ListOperators(t.Context())
	must(t, err)
	if len(all) != 2 || all[0].User.ID != "user_2" || len(all[0].User.Emails) != 2 || !all[1].AddedAt.Equal(now.Add(time.Minute)) {
		t.Errorf("operators: %+v", all)
	}
	must(t, s.SetLocked(t.Context(), user, true, now))
	if isOperator(t, s, user) {
		t.Error("a locked operator acts")
	}
	must(t, s.SetLocked(t.Context(), user, false, now))
	must(t, s.SetBanned(t.Context(), user, true, now))
	if isOperator(t, s, user) || len(operatorIDs(t, s)) != 2 {
		t.Error("a banned operator acts, or is no longer one")
	}
}

func lastOperatorStays(t *testing.T, s Store) {
	if err := s.RemoveOperator(t.Context(), user); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("removing one that is none: %v, want ErrNotFound", err)
	}
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	must(t, s.AddOperator(t.Context(), user, now))
	must(t, s.AddOperator(t.Context(), "user_2", now))
	must(t, s.SetBanned(t.Context(), "user_2", true, now))
	if err := s.RemoveOperator(t.Context(), user); !errors.Is(err, store.ErrConflict) {
		t.Errorf("removing the last one who may act: %v, want ErrConflict", err)
	}
	must(t, s.RemoveOperator(t.Context(), "user_2"))
	if err := s.RemoveOperator(t.Context(), user); !errors.Is(err, store.ErrConflict) || !isOperator(t, s, user) {
		t.Errorf("removing the last one: %v, want ErrConflict", err)
	}
}

func lastTwoOperators(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	both := []string{user, "user_2"}
	for range 8 {
		for _, id := range both {
			must(t, s.AddOperator(t.Context(), id, now))
		}
		gone := 0
		for _, err := range together(2, func(i int) error { return s.RemoveOperator(t.Context(), both[i]) }) {
			switch {
			case err == nil:
				gone++
			case !errors.Is(err, store.ErrConflict):
				t.Errorf("the other got %v, want ErrConflict", err)
			}
		}
		if gone != 1 || len(operatorIDs(t, s)) != 1 {
			t.Fatalf("%d of two are gone", gone)
		}
	}
}

func link(n byte, first bool) store.OperatorLink {
	return store.OperatorLink{Secret: store.Hash{n}, First: first, CreatedAt: now, ExpiresAt: now.Add(time.Hour)}
}

func linkMakesOneOperator(t *testing.T, s Store) {
	want := link(1, false)
	must(t, s.CreateOperatorLink(t.Context(), want))
	if got, err := s.OperatorLink(t.Context(), want.Secret, now); err != nil || got != want {
		t.Errorf("got %+v, %v", got, err)
	}
	won := 0
	for i, err := range together(8, func(i int) error {
		id := "user_n" + string('a'+rune(i))
		return s.RedeemOperatorLink(t.Context(), want.Secret, newUser(id, id+"@example.com"), true, now)
	}) {
		id := "user_n" + string('a'+rune(i))
		_, missing := s.UserByID(t.Context(), id)
		switch {
		case err == nil:
			won++
			if !isOperator(t, s, id) {
				t.Errorf("%s is no operator", id)
			}
		case !errors.Is(err, store.ErrNotFound) || !errors.Is(missing, store.ErrNotFound):
			t.Errorf("a loser got %v and has a user: %v", err, missing)
		}
	}
	if won != 1 || len(operatorIDs(t, s)) != 1 {
		t.Errorf("one link made %d operators", won)
	}
}

func firstLinksMakeOne(t *testing.T, s Store) {
	for i := range 8 {
		must(t, s.CreateOperatorLink(t.Context(), link(byte(i), true)))
	}
	won := 0
	for i, err := range together(8, func(i int) error {
		id := "user_n" + string('a'+rune(i))
		return s.RedeemOperatorLink(t.Context(), store.Hash{byte(i)}, newUser(id, id+"@example.com"), true, now)
	}) {
		if err == nil {
			won++
		} else if !errors.Is(err, store.ErrNotFound) {
			t.Errorf("link %d: %v, want ErrNotFound", i, err)
		}
	}
	if won != 1 || len(operatorIDs(t, s)) != 1 {
		t.Errorf("first links made %d operators", won)
	}
	if err := s.CreateOperatorLink(t.Context(), link(20, true)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("another first link: %v, want ErrConflict", err)
	}
	must(t, s.DeleteUser(t.Context(), operatorIDs(t, s)[0]))
	if err := s.CreateOperatorLink(t.Context(), link(20, true)); !errors.Is(err, store.ErrConflict) {
		t.Errorf("without any operator left: %v, want ErrConflict, for good", err)
	}
	must(t, s.CreateOperatorLink(t.Context(), link(21, false)))
}

func endedLinks(t *testing.T, s Store) {
	l := link(1, false)
	must(t, s.CreateOperatorLink(t.Context(), l))
	for name, call := range map[string]func() error{
		"at its expiry": func() error { _, err := s.OperatorLink(t.Context(), l.Secret, l.ExpiresAt); return err },
		"used after it": func() error {
			return s.RedeemOperatorLink(t.Context(), l.Secret, newUser(user, ""), false, l.ExpiresAt)
		},
		"another secret": func() error { _, err := s.OperatorLink(t.Context(), store.Hash{9}, now); return err },
		"for nobody": func() error {
			return s.RedeemOperatorLink(t.Context(), l.Secret, newUser("user_nobody", ""), false, now)
		},
		"used by another": func() error { return s.RedeemOperatorLink(t.Context(), store.Hash{9}, newUser(user, ""), false, now) },
	} {
		if err := call(); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s: %v, want ErrNotFound", name, err)
		}
	}
	must(t, s.CreateOperatorLink(t.Context(), link(2, true)))
	must(t, s.AddOperator(t.Context(), user, now))
	if _, err := s.OperatorLink(t.Context(), store.Hash{2}, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a first link when there is an operator: %v, want ErrNotFound", err)
	}
}

func refusedLinkStays(t *testing.T, s Store) {
	l := link(1, false)
	must(t, s.CreateOperatorLink(t.Context(), l))
	var exists *store.ExistsError
	if err := s.RedeemOperatorLink(t.Context(), l.Secret, newUser("user_2", "ADA@example.com"), true, now); !errors.As(err, &exists) {
		t.Errorf("with an address that is taken: %v, want *ExistsError", err)
	}
	must(t, s.SetBanned(t.Context(), user, true, now))
	if err := s.RedeemOperatorLink(t.Context(), l.Secret, newUser(user, ""), false, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("by who is banned: %v, want ErrNotFound", err)
	}
	must(t, s.SetBanned(t.Context(), user, false, now))
	must(t, s.RedeemOperatorLink(t.Context(), l.Secret, newUser(user, ""), false, now))
	if !isOperator(t, s, user) {
		t.Error("the user is no operator")
	}
}

func expiredLinks(t *testing.T, s Store) {
	must(t, s.CreateOperatorLink(t.Context(), link(1, false)))
	must(t, s.CreateOperatorLink(t.Context(), link(2, false)))
	for _, want := range []int{1, 1, 0} {
		if n, err := s.DeleteExpiredOperatorLinks(t.Context(), now.Add(2*time.Hour), 1); n != want || err != nil {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
}

func deletedOperator(t *testing.T, s Store) {
	must(t, s.AddOperator(t.Context(), user, now))
	must(t, s.DeleteUser(t.Context(), user))
	if isOperator(t, s, user) || len(operatorIDs(t, s)) != 0 {
		t.Error("a deleted user is an operator")
	}
}

func operatorAgain(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	must(t, s.AddOperator(t.Context(), user, now))
	must(t, s.AddOperator(t.Context(), "user_2", now))
	must(t, s.RemoveOperator(t.Context(), user))
	must(t, s.AddOperator(t.Context(), user, now.Add(time.Hour)))
	if got := operatorIDs(t, s); !slices.Equal(got, []string{"user_2", user}) {
		t.Errorf("operators %v", got)
	}
}

func operatorEvents(t *testing.T, s Store) {
	must(t, s.CreateOperatorLink(t.Context(), link(1, true)))
	all := events(t, s, func(ctx context.Context) {
		must(t, s.RedeemOperatorLink(ctx, store.Hash{1}, newUser("user_2", "bob@example.com"), true, now))
		must(t, s.AddOperator(ctx, user, now))
		must(t, s.AddOperator(ctx, user, now))
		must(t, s.RemoveOperator(ctx, "user_2"))
		if err := s.RemoveOperator(ctx, user); !errors.Is(err, store.ErrConflict) {
			t.Errorf("removing the last one: %v", err)
		}
	})
	if got := told(all); got != "user.created user_2, operator.added user_2, operator.added user_1, operator.removed user_2" {
		t.Errorf("told: %s", got)
	}
	if by := all[1].Actor; by != (store.Actor{Kind: store.ByUser, ID: "user_2"}) {
		t.Errorf("by %+v", by)
	}
}

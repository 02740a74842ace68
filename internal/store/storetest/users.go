package storetest

import (
	"encoding/json"
	"errors"
	"fmt"
	"testing"
	"time"

	"github.com/google/go-cmp/cmp"

	"github.com/signet-auth/signet/internal/store"
)

var userPromises = map[string]func(*testing.T, Store){
	"a user is changed whole":                  userIsChanged,
	"one of concurrent changes to a user wins": concurrentUserChanges,
	"sessions of a user are listed and ended":  sessionsOfAUser,
	"who is locked does not sign in":           lockedUser,
	"a digest is renewed if it is still there": renewedDigest,
	"a user is active on a day":                activeUser,
	"users are found by parts and times":       findingUsers,
	"pages of users follow one another":        pagesOfUsers,
	"a user is kept as they were":              userIsKept,
	"identifiers are found in any case":        identifiers,
	"what is taken is named":                   takenValues,
	"one of concurrent sign-ups wins":          concurrentUsers,
	"whoever comes and goes is counted":        countingUsers,
	"users are listed in pages":                listingUsers,
	"deleting a user takes all of it":          deletingAUser,
	"a session signs in":                       sessions,
	"a session is extended while it lasts":     extendedSessions,
	"a ban ends sessions":                      banEndsSessions,
	"expired sessions are deleted in batches":  expiredSessions,
}

func userIsKept(t *testing.T, s Store) {
	want := newUser("user_2", "Grace@Example.com")
	want.Username, want.LastName, want.Locale, want.ExternalID, want.PasswordDigest = "Grace", "Hopper", "en-US", "ext_1", "$argon2id$x"
	want.PublicMetadata, want.PrivateMetadata, want.UnsafeMetadata = json.RawMessage(`{"a":1}`), json.RawMessage(`{"b":"é"}`), json.RawMessage(`{}`)
	want.Emails = append(want.Emails, store.Email{ID: "idn_2b", Address: "b@example.com", CreatedAt: now})
	must(t, s.CreateUser(t.Context(), want))
	got, err := s.UserByID(t.Context(), "user_2")
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
}

func identifiers(t *testing.T, s Store) {
	u := newUser("user_2", "Grace@Example.com")
	u.Username = "Grace"
	must(t, s.CreateUser(t.Context(), u))
	for identifier, want := range map[string]string{
		"grace@example.com": "user_2", "GRACE@EXAMPLE.COM": "user_2", "grace": "user_2", "ADA@example.com": user,
	} {
		if got, err := s.UserByIdentifier(t.Context(), identifier); err != nil || got.ID != want {
			t.Errorf("%q is %q, %v, want %q", identifier, got.ID, err, want)
		}
	}
	for _, identifier := range []string{"", "nobody", "a\x00b", "\xff"} {
		if _, err := s.UserByIdentifier(t.Context(), identifier); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("UserByIdentifier(%q) = %v, want ErrNotFound", identifier, err)
		}
		if _, err := s.UserByID(t.Context(), identifier); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("UserByID(%q) = %v, want ErrNotFound", identifier, err)
		}
	}
}

func takenValues(t *testing.T, s Store) {
	first := newUser("user_2", "b@example.com")
	first.Username, first.ExternalID = "grace", "ext_1"
	must(t, s.CreateUser(t.Context(), first))
	for field, change := range map[string]func(*store.User){
		"email_address": func(u *store.User) { u.Emails[0].Address = "ADA@example.com" },
		"username":      func(u *store.User) { u.Username = "GRACE" },
		"external_id":   func(u *store.User) { u.ExternalID = "ext_1" },
	} {
		u := newUser("user_3", "c@example.com")
		change(&u)
		err := s.CreateUser(t.Context(), u)
		var taken *store.ExistsError
		if !errors.As(err, &taken) || taken.Field != field {
			t.Errorf("got %v, want that %s is taken", err, field)
		}
		if _, err := s.UserByID(t.Context(), "user_3"); !errors.Is(err, store.ErrNotFound) {
			t.Errorf("%s taken, but the user was saved (%v)", field, err)
		}
	}
}

func concurrentUsers(t *testing.T, s Store) {
	won := 0
	for _, err := range together(10, func(i int) error {
		return s.CreateUser(t.Context(), newUser("user_x"+string(rune('a'+i)), "same@example.com"))
	}) {
		switch {
		case err == nil:
			won++
		case !errors.As(err, new(*store.ExistsError)):
			t.Errorf("a loser got %v, want ExistsError", err)
		}
	}
	if won != 1 {
		t.Errorf("%d users have one address, want 1", won)
	}
}

func listingUsers(t *testing.T, s Store) {
	for i, name := range []string{"Grace", "Barbara"} {
		u := newUser("user_"+name, name+"@example.com")
		u.FirstName, u.Username, u.ExternalID = name, name, "ext_"+name
		u.CreatedAt = now.Add(time.Duration(i+1) * time.Minute)
		u.Emails = append(u.Emails, store.Email{ID: "idn_2" + name, Address: "2" + name + "@example.com", CreatedAt: now})
		must(t, s.CreateUser(t.Context(), u))
	}
	all := []string{user, "user_Grace", "user_Barbara"}
	tests := []struct {
		name  string
		query store.UserQuery
		want  []string
		total int
	}{
		{"by creation", store.UserQuery{Limit: 10}, all, 3},
		{"latest first, a page", store.UserQuery{Limit: 1, Offset: 1, Descending: true}, all[1:2], 3},
		{"by first name", store.UserQuery{Limit: 10, OrderBy: store.UsersByFirstName}, []string{user, "user_Barbara", "user_Grace"}, 3},
		{"by address", store.UserQuery{Limit: 10, EmailAddresses: []string{"GRACE@example.com", "x"}}, all[1:2], 1},
		{"by user name", store.UserQuery{Limit: 10, Usernames: []string{"barbara"}}, all[2:], 1},
		{"by id", store.UserQuery{Limit: 10, IDs: []string{user}}, all[:1], 1},
		{"by external id", store.UserQuery{Limit: 10, ExternalIDs: []string{"ext_Grace"}}, all[1:2], 1},
		{"by part of anything", store.UserQuery{Limit: 10, Query: "RBAR"}, all[2:], 1},
		{"signs of LIKE are ordinary", store.UserQuery{Limit: 10, Query: "%"}, nil, 0},
		{"text that cannot be kept", store.UserQuery{Limit: 10, Query: "\x00"}, nil, 0},
	}
	for _, tt := range tests {
		t.Run(tt.name, func(t *testing.T) {
			users, err := s.ListUsers(t.Context(), tt.query)
			var got []string
			for _, u := range users {
				got = append(got, u.ID)
			}
			if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
				t.Errorf("%v (-want +got)\n%s", err, diff)
			}
			if n, err := s.CountUsers(t.Context(), tt.query); err != nil || n != tt.total {
				t.Errorf("count %d, %v, want %d", n, err, tt.total)
			}
		})
	}
}

func session(n byte) store.Session {
	return store.Session{
		ID: "sess_" + string('a'+rune(n)), Cookie: store.Hash{n}, UserID: user, UserAgent: "browser",
		SignedInAt: now, ExpiresAt: now.Add(time.Hour),
	}
}

func sessions(t *testing.T, s Store) {
	want := session(1)
	must(t, s.CreateSession(t.Context(), want))
	got, u, err := s.SessionWithUser(t.Context(), want.Cookie, now)
	if diff := cmp.Diff(want, got); err != nil || diff != "" || u.ID != user || !u.LastSignInAt.Equal(now) || len(u.Emails) != 1 {
		t.Errorf("%v, user %+v (-want +got)\n%s", err, u, diff)
	}
	noSession(t, s, want.Cookie, want.ExpiresAt, "expired")
	noSession(t, s, store.Hash{9}, now, "unknown")
	must(t, s.EndSession(t.Context(), want.ID, now))
	must(t, s.EndSession(t.Context(), want.ID, now))
	noSession(t, s, want.Cookie, now, "ended")
	stranger := session(2)
	stranger.UserID = "user_2"
	if err := s.CreateSession(t.Context(), stranger); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("no such user: got %v, want ErrNotFound", err)
	}
}

func extendedSessions(t *testing.T, s Store) {
	x := session(1)
	must(t, s.CreateSession(t.Context(), x))
	later := x.ExpiresAt.Add(time.Hour)
	must(t, s.ExtendSession(t.Context(), x.ID, later, now))
	must(t, s.ExtendSession(t.Context(), x.ID, x.ExpiresAt, now)) // never back
	got, _, err := s.SessionWithUser(t.Context(), x.Cookie, x.ExpiresAt)
	if must(t, err); !got.ExpiresAt.Equal(later) || !got.SignedInAt.Equal(x.SignedInAt) {
		t.Errorf("extended to %v, want %v", got.ExpiresAt, later)
	}
	must(t, s.ExtendSession(t.Context(), x.ID, later.Add(time.Hour), later)) // it is over
	noSession(t, s, x.Cookie, later, "over")
	must(t, s.EndSession(t.Context(), x.ID, now))
	must(t, s.ExtendSession(t.Context(), x.ID, later.Add(time.Hour), now))
	noSession(t, s, x.Cookie, now, "ended")
}

func noSession(t *testing.T, s Store, cookie store.Hash, at time.Time, why string) {
	t.Helper()
	if _, _, err := s.SessionWithUser(t.Context(), cookie, at); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("%s: got %v, want ErrNotFound", why, err)
	}
}

func banEndsSessions(t *testing.T, s Store) {
	must(t, s.CreateSession(t.Context(), session(1)))
	must(t, s.SetBanned(t.Context(), user, true, now))
	noSession(t, s, session(1).Cookie, now, "banned")
	if err := s.CreateSession(t.Context(), session(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("banned: got %v, want ErrNotFound", err)
	}
	must(t, s.SetBanned(t.Context(), user, false, now))
	noSession(t, s, session(1).Cookie, now, "unbanned")
	must(t, s.CreateSession(t.Context(), session(3)))
	if _, _, err := s.SessionWithUser(t.Context(), session(3).Cookie, now); err != nil {
		t.Errorf("signed in after the unban: %v", err)
	}
	_, err := s.CutOffUser(t.Context(), user, now.Add(time.Minute))
	must(t, err)
	noSession(t, s, session(3).Cookie, now, "the user is cut off")
	later := session(4)
	later.SignedInAt = now.Add(time.Hour)
	must(t, s.CreateSession(t.Context(), later))
	_, err = s.CutOff(t.Context(), now.Add(2*time.Hour))
	must(t, err)
	noSession(t, s, later.Cookie, now, "cut off")
	noSession(t, s, session(3).Cookie, now, "cut off")
}

func expiredSessions(t *testing.T, s Store) {
	for n := range byte(5) {
		must(t, s.CreateSession(t.Context(), session(n)))
	}
	for _, want := range []int{3, 2, 0} {
		if n, err := s.DeleteExpiredSessions(t.Context(), now.Add(2*time.Hour), 3); err != nil || n != want {
			t.Errorf("deleted %d, %v, want %d", n, err, want)
		}
	}
}

// countingUsers has users come and go at once: each is counted once.
func countingUsers(t *testing.T, s Store) {
	crowd(t, s, 9)
	must(t, s.SetBanned(t.Context(), "user_9", true, now))
	together(24, func(i int) error {
		switch i % 3 {
		case 0:
			return s.CreateUser(t.Context(), newUser(fmt.Sprintf("user_x%d", i/6), fmt.Sprintf("x%d@example.com", i/6))) // each twice
		case 1:
			return s.DeleteUser(t.Context(), fmt.Sprintf("user_%d", 2+i/6)) // likewise
		}
		return s.CreateUser(t.Context(), newUser(fmt.Sprintf("user_y%d", i), "ada@example.com")) // taken
	})
	no := false
	list, err := s.ListUsers(t.Context(), store.UserQuery{Limit: 100})
	must(t, err)
	all, err := s.CountUsers(t.Context(), store.UserQuery{})
	must(t, err)
	others, err := s.CountUsers(t.Context(), store.UserQuery{Banned: &no})
	if must(t, err); len(list) != 9 || all != 9 || others != 8 {
		t.Errorf("%d users, %d counted, %d of them not banned; want 9, 9 and 8", len(list), all, others)
	}
}

func deletingAUser(t *testing.T, s Store) {
	must(t, s.CreateSession(t.Context(), session(1)))
	must(t, s.DeleteUser(t.Context(), user))
	noSession(t, s, session(1).Cookie, now, "deleted")
	if got, err := s.Connection(t.Context(), user, client); err != nil || len(got.Scopes) > 0 {
		t.Errorf("the connection is left: %+v, %v", got, err)
	}
	if err := s.DeleteUser(t.Context(), user); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("again: got %v, want ErrNotFound", err)
	}
	must(t, s.CreateUser(t.Context(), newUser("user_2", "ada@example.com"))) // the address is free
}

func userIsChanged(t *testing.T, s Store) {
	must(t, s.CreateUser(t.Context(), newUser("user_2", "bob@example.com")))
	was, err := s.UserByID(t.Context(), user)
	must(t, err)
	want := was
	want.UserOptions = store.UserOptions{LegalAcceptedAt: now, PasswordUpdatedAt: now, PasswordCompromised: true, KeepsAccount: true, OrganizationsLimit: new(3)}
	want.FirstName, want.Username, want.ExternalID, want.PasswordDigest = "Augusta", "ada_b", "ext", "$x$"
	want.UpdatedAt = now.Add(time.Minute)
	want.Emails = []store.Email{
		{ID: "idn_new", Address: "augusta@example.com", Reserved: true, CreatedAt: now},
		{ID: "idn_code", Address: "lovelace@example.com", Verified: true, Proof: store.ProvedByCode, CreatedAt: now},
		{ID: was.Emails[0].ID, Address: was.Emails[0].Address, Verified: true, CreatedAt: was.Emails[0].CreatedAt},
	}
	want.PrimaryEmailID = "idn_new"
	must(t, s.UpdateUser(t.Context(), want, was.UpdatedAt, false))
	got, err := s.UserByID(t.Context(), user)
	if diff := cmp.Diff(want, got); err != nil || diff != "" {
		t.Errorf("%v (-want +got)\n%s", err, diff)
	}
	if list, err := s.ListUsers(t.Context(), store.UserQuery{EmailIDs: []string{"idn_new"}, Limit: 10}); err != nil || len(list) != 1 || list[0].ID != user {
		t.Errorf("found by the id of an address: %v, %v", list, err)
	}
	other, err := s.UserByID(t.Context(), "user_2")
	must(t, err)
	for field, change := range map[string]func(*store.User){
		"username":    func(u *store.User) { u.Username = "ADA_B" },
		"external_id": func(u *store.User) { u.ExternalID = "ext" },
		"email_address": func(u *store.User) {
			u.Emails = append([]store.Email{}, store.Email{ID: "idn_x", Address: "AUGUSTA@example.com", CreatedAt: now})
		},
	} {
		changed := other
		change(&changed)
		changed.UpdatedAt = now.Add(time.Hour)
		var exists *store.ExistsError
		if err := s.UpdateUser(t.Context(), changed, other.UpdatedAt, false); !errors.As(err, &exists) || exists.Field != field {
			t.Errorf("%s of another: %v", field, err)
		}
	}
	if after, err := s.UserByID(t.Context(), "user_2"); err != nil || cmp.Diff(other, after) != "" {
		t.Errorf("a refused change has changed something: %v, %v", after, err)
	}
}

func concurrentUserChanges(t *testing.T, s Store) {
	was, err := s.UserByID(t.Context(), user)
	must(t, err)
	won := 0
	for _, err := range together(8, func(i int) error {
		u := was
		u.UpdatedAt = now.Add(time.Duration(i+1) * time.Second)
		return s.UpdateUser(t.Context(), u, was.UpdatedAt, false)
	}) {
		switch {
		case err == nil:
			won++
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("%d won, want 1", won)
	}
	was.ID = "user_gone"
	if err := s.UpdateUser(t.Context(), was, was.UpdatedAt, false); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a user who is gone: %v", err)
	}
}

func sessionsOfAUser(t *testing.T, s Store) {
	for n := range byte(3) {
		must(t, s.CreateSession(t.Context(), session(n+1)))
	}
	first := session(1)
	got, err := s.SessionByID(t.Context(), first.ID, now.Add(time.Second))
	if err != nil || got.UserID != user || got.Cookie != first.Cookie {
		t.Errorf("%+v, %v", got, err)
	}
	list, total, err := s.SessionsOf(t.Context(), user, now.Add(time.Second), 2, 0)
	if err != nil || total != 3 || len(list) != 2 {
		t.Errorf("%d of %d, %v", len(list), total, err)
	}
	u, err := s.UserByID(t.Context(), user)
	must(t, err)
	was := u.UpdatedAt
	u.UpdatedAt = now.Add(time.Minute)
	must(t, s.UpdateUser(t.Context(), u, was, true))
	list, total, err = s.SessionsOf(t.Context(), user, now.Add(time.Second), 10, 0)
	if err != nil || total != 0 || len(list) != 0 {
		t.Errorf("after a change that signs out: %v, %d, %v", list, total, err)
	}
	if _, err := s.SessionByID(t.Context(), session(2).ID, now.Add(time.Second)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("an ended session: %v", err)
	}
}

func lockedUser(t *testing.T, s Store) {
	must(t, s.CreateSession(t.Context(), session(1)))
	must(t, s.SetLocked(t.Context(), user, true, now.Add(time.Second)))
	if u, err := s.UserByID(t.Context(), user); err != nil || !u.Locked || !u.UpdatedAt.Equal(now.Add(time.Second)) {
		t.Errorf("locked: %+v, %v", u, err)
	}
	if err := s.CreateSession(t.Context(), session(2)); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("signing in: %v, want ErrNotFound", err)
	}
	if _, _, err := s.SessionWithUser(t.Context(), session(1).Cookie, now.Add(time.Second)); err != nil {
		t.Errorf("the session from before: %v", err)
	}
	must(t, s.SetLocked(t.Context(), user, false, now))
	must(t, s.CreateSession(t.Context(), session(2)))
	if err := s.SetLocked(t.Context(), "user_gone", true, now); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("a user who is gone: %v", err)
	}
}

func activeUser(t *testing.T, s Store) {
	today := time.Date(2026, 11, 24, 0, 0, 0, 0, time.UTC)
	active := func(want time.Time) {
		t.Helper()
		if u, err := s.UserByID(t.Context(), user); err != nil || !u.LastActiveAt.Equal(want) {
			t.Errorf("last active %v, %v, want %v", u.LastActiveAt, err, want)
		}
	}
	active(time.Time{})
	must(t, s.CreateSession(t.Context(), session(1)))
	active(today)
	must(t, s.TouchUser(t.Context(), user, now.AddDate(0, 0, 2)))
	active(today.AddDate(0, 0, 2))
	must(t, s.TouchUser(t.Context(), user, now)) // never back
	active(today.AddDate(0, 0, 2))
	must(t, s.TouchUser(t.Context(), "user_gone", now))
}

func findingUsers(t *testing.T, s Store) {
	for i, name := range []string{"Grace", "Bärbel"} {
		u := newUser("user_"+name[:1], name+".h@example.org")
		u.FirstName, u.LastName, u.Username, u.ExternalID = name, `O"Hopper 100%`, name+"_x", "ext_"+name
		u.CreatedAt = now.Add(time.Duration(i+1) * time.Minute)
		u.LastSignInAt, u.LastActiveAt = u.CreatedAt, u.CreatedAt
		if name == "Grace" {
			u.Emails = append(u.Emails, store.Email{ID: "idn_other", Address: "Other@example.org", CreatedAt: now})
		}
		must(t, s.CreateUser(t.Context(), u))
	}
	must(t, s.SetBanned(t.Context(), "user_B", true, now))
	yes, no := true, false
	for name, tt := range map[string]struct {
		query store.UserQuery
		want  []string
	}{
		"part of an address":                {store.UserQuery{AddressQuery: "ACE.H@"}, []string{"user_G"}},
		"two letters, not at the beginning": {store.UserQuery{AddressQuery: "@e"}, nil},
		"two letters of an address":         {store.UserQuery{AddressQuery: "gR"}, []string{"user_G"}},
		"a letter of another address":       {store.UserQuery{AddressQuery: "O"}, []string{"user_G"}},
		"two letters, not of the address":   {store.UserQuery{AddressQuery: "o\""}, nil},
		"a letter of a user name":           {store.UserQuery{UsernameQuery: "b"}, []string{"user_B"}},
		"two letters of a first name":       {store.UserQuery{NameQuery: "BÄ"}, []string{"user_B"}},
		"two letters of a last name":        {store.UserQuery{NameQuery: `O"`}, []string{"user_G", "user_B"}},
		"two letters of anything":           {store.UserQuery{Query: "bä"}, []string{"user_B"}},
		"a letter of anything":              {store.UserQuery{Query: "o"}, []string{"user_G", "user_B"}},
		"two letters of an id":              {store.UserQuery{Query: "us"}, nil},
		"what marks a beginning":            {store.UserQuery{Query: "\n"}, nil},
		"a short text and a long one":       {store.UserQuery{Query: "gr", NameQuery: "hopper"}, []string{"user_G"}},
		"two short texts":                   {store.UserQuery{Query: "o", NameQuery: "gr"}, []string{"user_G"}},
		"a short text, banned, by sign-in":  {store.UserQuery{Query: "o", Banned: &yes, OrderBy: store.UsersByLastSignIn}, []string{"user_B"}},
		"part of a user name":               {store.UserQuery{UsernameQuery: "bel_X"}, []string{"user_B"}},
		"not in the user name":              {store.UserQuery{UsernameQuery: "example"}, nil},
		"part of a name":                    {store.UserQuery{NameQuery: `ce o"hop`}, []string{"user_G"}},
		"part of a name, not of Latin":      {store.UserQuery{NameQuery: "BÄRB"}, []string{"user_B"}},
		"a sign of LIKE":                    {store.UserQuery{NameQuery: "00%"}, []string{"user_G", "user_B"}},
		"a sign of LIKE, not there":         {store.UserQuery{NameQuery: "0_%"}, nil},
		"part of an id":                     {store.UserQuery{Query: "SER_G"}, []string{"user_G"}},
		"two parts":                         {store.UserQuery{NameQuery: "hopper", AddressQuery: "grace"}, []string{"user_G"}},
		"operators of a search engine":      {store.UserQuery{Query: "grace OR ada"}, nil},
		"a star":                            {store.UserQuery{Query: "gra*"}, nil},
		"banned":                            {store.UserQuery{Banned: &yes}, []string{"user_B"}},
		"not banned":                        {store.UserQuery{Banned: &no}, []string{user, "user_G"}},
		"but some ids":                      {store.UserQuery{ExceptIDs: []string{user, "user_none"}}, []string{"user_G", "user_B"}},
		"but some external ids":             {store.UserQuery{ExceptExternalIDs: []string{"ext_Grace"}}, []string{user, "user_B"}},
		"created after":                     {store.UserQuery{Created: store.Period{After: now}}, []string{"user_G", "user_B"}},
		"created between":                   {store.UserQuery{Created: store.Period{After: now, Before: now.Add(2 * time.Minute)}, OrderBy: store.UsersByUpdate}, []string{"user_G"}},
		"active before":                     {store.UserQuery{LastActive: store.Period{After: now, Before: now.Add(90 * time.Second)}}, []string{"user_G"}},
		"signed in after":                   {store.UserQuery{LastSignedIn: store.Period{After: now.Add(time.Minute)}}, []string{"user_B"}},
		"by address, backwards":             {store.UserQuery{OrderBy: store.UsersByEmail, Descending: true}, []string{"user_G", "user_B", user}},
		"by activity":                       {store.UserQuery{OrderBy: store.UsersByLastActive}, []string{user, "user_G", "user_B"}},
	} {
		tt.query.Limit = 10
		users, err := s.ListUsers(t.Context(), tt.query)
		var got []string
		for _, u := range users {
			got = append(got, u.ID)
		}
		if diff := cmp.Diff(tt.want, got); err != nil || diff != "" {
			t.Errorf("%s: %v (-want +got)\n%s", name, err, diff)
		}
		if n, err := s.CountUsers(t.Context(), tt.query); err != nil || n != len(tt.want) {
			t.Errorf("%s: count %d, %v, want %d", name, n, err, len(tt.want))
		}
	}
	u, err := s.UserByID(t.Context(), "user_G")
	must(t, err)
	was := u.UpdatedAt
	u.Username, u.UpdatedAt = "amazing", now.Add(time.Hour)
	must(t, s.UpdateUser(t.Context(), u, was, false))
	for text, want := range map[string]int{"amaz": 1, "am": 1, "grace_x": 0, "gr": 0} {
		if n, err := s.CountUsers(t.Context(), store.UserQuery{UsernameQuery: text}); n != want || err != nil {
			t.Errorf("after a change %q finds %d, %v, want %d", text, n, err, want)
		}
	}
	must(t, s.DeleteUser(t.Context(), "user_G"))
	if n, err := s.CountUsers(t.Context(), store.UserQuery{Query: "amaz"}); n != 0 || err != nil {
		t.Errorf("a deleted user is found: %d, %v", n, err)
	}
}

func pagesOfUsers(t *testing.T, s Store) {
	for i := range 7 { // three of them made at one moment
		u := newUser("user_p"+string(rune('a'+i)), string(rune('a'+i))+"@example.net")
		u.CreatedAt = now.Add(time.Duration(min(i, 4)) * time.Minute)
		must(t, s.CreateUser(t.Context(), u))
	}
	for _, descending := range []bool{false, true} {
		all, err := s.ListUsers(t.Context(), store.UserQuery{Descending: descending, Limit: 100})
		must(t, err)
		var want, got []string
		for _, u := range all {
			want = append(want, u.ID)
		}
		for after := ""; ; {
			page, err := s.ListUsers(t.Context(), store.UserQuery{Descending: descending, After: after, Limit: 3})
			must(t, err)
			for _, u := range page {
				got = append(got, u.ID)
			}
			if len(page) < 3 {
				break
			}
			after = page[2].ID
		}
		if diff := cmp.Diff(want, got); diff != "" {
			t.Errorf("descending %v (-whole +pages)\n%s", descending, diff)
		}
	}
	if _, err := s.ListUsers(t.Context(), store.UserQuery{After: "user_gone", Limit: 3}); !errors.Is(err, store.ErrNotFound) {
		t.Errorf("after a user who is gone: %v, want ErrNotFound", err)
	}
}

func renewedDigest(t *testing.T, s Store) {
	u := newUser("user_2", "b@example.com")
	u.PasswordDigest = "md5:x"
	must(t, s.CreateUser(t.Context(), u))
	won := 0
	for i, err := range together(4, func(i int) error { return s.RenewDigest(t.Context(), u.ID, "md5:x", "$argon2id$"+string('a'+rune(i))) }) {
		switch {
		case err == nil:
			won++
			if got, err := s.UserByID(t.Context(), u.ID); err != nil || got.PasswordDigest != "$argon2id$"+string('a'+rune(i)) {
				t.Errorf("kept %q, %v", got.PasswordDigest, err)
			}
		case !errors.Is(err, store.ErrConflict):
			t.Errorf("a loser got %v, want ErrConflict", err)
		}
	}
	if won != 1 {
		t.Errorf("renewed %d times, want 1", won)
	}
	if err := s.RenewDigest(t.Context(), "user_gone", "", "x"); !errors.Is(err, store.ErrConflict) {
		t.Errorf("of nobody: %v, want ErrConflict", err)
	}
}

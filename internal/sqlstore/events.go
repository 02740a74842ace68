package sqlstore

import (
	"context"
	"crypto/rand"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"strings"
	"sync"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// An occurrence is what becomes an event.
type occurrence struct {
	kind                       store.EventType
	objectID, userID, clientID string
	by                         store.Actor // unless the context names somebody
	about                      any         // see store.Described
	only                       string      // the one endpoint that it is for, or ""
}

// tell writes events, and a delivery for each endpoint that wants one. It is the last
// thing that a transaction does, so that little time passes between the stamp of an
// id and the commit. It gives the events as they are kept.
func (db *DB) tell(ctx context.Context, tx querier, all ...occurrence) ([]store.Event, error) {
	instance, err := db.instanceID(ctx, tx)
	if err != nil {
		return nil, err
	}
	if err := db.afterTheLast(ctx, tx); err != nil {
		return nil, err
	}
	events := make([]store.Event, len(all))
	for i, o := range all {
		if u, ok := o.about.(store.User); ok {
			if o.about, err = withProofs(ctx, tx, u); err != nil {
				return nil, err
			}
		}
		data, err := db.data(instance, o)
		if err != nil {
			return nil, fmt.Errorf("describing %s: %w", o.kind, err)
		}
		events[i] = store.Event{
			ID: db.stamps.next(db.now()), Type: o.kind, Actor: store.ActorOf(ctx, o.by),
			ObjectID: o.objectID, UserID: o.userID, ClientID: o.clientID, Data: data,
		}
	}
	const together = 50 // events in one statement
	for from := 0; from < len(events); from += together {
		to := min(from+together, len(events))
		if err := insertEvents(ctx, tx, events[from:to]); err != nil {
			return nil, err
		}
		if err := db.address(ctx, tx, events[from:to], all[from].only); err != nil {
			return nil, err
		}
	}
	return events, nil
}

// telling runs work in a transaction, and writes the events that it gives.
func (db *DB) telling(
	ctx context.Context,
	in func(context.Context, func(querier) error) error,
	work func(tx querier) ([]occurrence, error),
) error {
	return in(ctx, func(tx querier) error {
		told, err := work(tx)
		if err != nil || len(told) == 0 {
			return err
		}
		_, err = db.tell(ctx, tx, told...)
		return err
	})
}

// data is what an event says of its object.
func (db *DB) data(instance string, o occurrence) ([]byte, error) {
	if db.describe == nil {
		return json.Marshal(map[string]string{"id": o.objectID})
	}
	object, err := db.describe(instance, o.about)
	if err != nil {
		return nil, err
	}
	return json.Marshal(object)
}

// instanceID is the id of the instance, which never changes; "" while there is none.
func (db *DB) instanceID(ctx context.Context, tx querier) (string, error) {
	if id := db.instance.Load(); id != nil {
		return *id, nil
	}
	var id string
	err := tx.QueryRowContext(ctx, `SELECT id FROM instance`).Scan(&id)
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return "", nil
	case err != nil:
		return "", fmt.Errorf("reading the id of the instance: %w", err)
	}
	db.instance.Store(&id)
	return id, nil
}

// stamps makes ids that grow on this node, whatever its clock does.
type stamps struct {
	mu     sync.Mutex
	ms     int64 // of the last id
	number uint16
}

// next is an id past all that were made.
func (s *stamps) next(now time.Time) store.EventID {
	var random [8]byte
	rand.Read(random[:]) // never fails: it ends the program instead
	s.mu.Lock()
	defer s.mu.Unlock()
	switch at := now.UnixMilli(); {
	case at > s.ms:
		s.ms, s.number = at, 0
	case s.number == 1<<16-1:
		s.ms, s.number = s.ms+1, 0
	default:
		s.number++
	}
	return store.NewEventID(time.UnixMilli(s.ms), s.number, random)
}

// past makes ids be past one that others have made.
func (s *stamps) past(id store.EventID) {
	ms, number := id.Time().UnixMilli(), uint16(id[6])<<8|uint16(id[7])
	s.mu.Lock()
	defer s.mu.Unlock()
	if ms > s.ms || ms == s.ms && number > s.number {
		s.ms, s.number = ms, number
	}
}

// afterTheLast sees to it that the next id is past all that are kept, where
// transactions follow one another. So there a reader can go on from any event that it
// sees.
func (db *DB) afterTheLast(ctx context.Context, tx querier) error {
	if !db.dialect.oneWriter {
		return nil
	}
	var last store.EventID
	err := tx.QueryRowContext(ctx, `SELECT id FROM events ORDER BY id DESC LIMIT 1`).Scan(idField{last[:]})
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return nil
	case err == nil:
		db.stamps.past(last)
	}
	return err
}

const eventColumns = `id, type, actor_kind, actor_id, actor_name, object_id, user_id, client_id, data`

func insertEvents(ctx context.Context, tx querier, events []store.Event) error {
	var rows []string
	var args []any
	for _, e := range events {
		rows = append(rows, placesAfter(len(args), 9))
		args = append(args, e.ID[:], string(e.Type), string(e.Actor.Kind), e.Actor.ID, e.Actor.Name, e.ObjectID, e.UserID, e.ClientID, string(e.Data))
	}
	_, err := tx.ExecContext(ctx, `INSERT INTO events (`+eventColumns+`) VALUES `+strings.Join(rows, `, `), args...)
	return err
}

// placesAfter gives the n parameters that follow the first so many, in brackets.
func placesAfter(first, n int) string {
	places := make([]string, n)
	for i := range places {
		places[i] = fmt.Sprintf("$%d", first+i+1)
	}
	return "(" + strings.Join(places, ", ") + ")"
}

func scanEvent(r row) (e store.Event, err error) {
	err = r.Scan(idField{e.ID[:]}, &e.Type, &e.Actor.Kind, &e.Actor.ID, &e.Actor.Name, &e.ObjectID, &e.UserID, &e.ClientID, jsonField{&e.Data})
	return e, err
}

// Event implements store.Events.
func (db *DB) Event(ctx context.Context, id store.EventID) (store.Event, error) {
	e, err := scanEvent(db.read.QueryRowContext(ctx, `SELECT `+eventColumns+` FROM events WHERE id = $1`, id[:]))
	if err != nil {
		return store.Event{}, fmt.Errorf("reading an event: %w", db.missing(err))
	}
	return e, nil
}

// scanned is how many events one page looks at.
const scanned = 5000

// Events implements store.Events. Where transactions run side by side, an event gets
// its id before it can be seen; so the youngest are held back for as long as a
// transaction may take and clocks may differ.
func (db *DB) Events(ctx context.Context, q store.EventQuery) (store.EventPage, error) {
	page := store.EventPage{Events: []store.Event{}, Last: q.After}
	if !isText(q.Object) {
		return page, nil
	}
	low, high := db.span(q)
	order, end := ``, &high
	if q.Descending {
		order, end = ` DESC`, &low
	}
	const inside = ` FROM events WHERE id > $1 AND id < $2 ORDER BY id`
	err := db.read.QueryRowContext(ctx, `SELECT id`+inside+order+` LIMIT 1 OFFSET $3`, low[:], high[:], scanned-1).Scan(idField{page.Last[:]})
	if page.More = err == nil; errors.Is(err, sql.ErrNoRows) { // they are fewer
		last := map[bool]string{false: ` DESC`, true: ``}[q.Descending]
		err = db.read.QueryRowContext(ctx, `SELECT id`+inside+last+` LIMIT 1`, low[:], high[:]).Scan(idField{page.Last[:]})
	}
	switch {
	case errors.Is(err, sql.ErrNoRows):
		return page, nil
	case err != nil:
		return page, fmt.Errorf("listing events: %w", err)
	}
	*end = page.Last
	return db.eventsIn(ctx, q, page, low, high)
}

// span is what a query looks at: what is between two ids.
func (db *DB) span(q store.EventQuery) (low, high store.EventID) {
	high = store.EventID{0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff, 0xff}
	if !q.Since.IsZero() {
		low = store.NewEventID(q.Since, 0, [8]byte{})
	}
	if !q.Before.IsZero() {
		high = store.NewEventID(q.Before, 0, [8]byte{})
	}
	if settled := db.now().Add(-db.dialect.unsettled); !q.Descending && db.dialect.unsettled > 0 {
		high = earlier(high, store.NewEventID(settled, 0, [8]byte{}))
	}
	switch {
	case q.After == store.EventID{}:
	case q.Descending:
		high = earlier(high, q.After)
	case string(q.After[:]) > string(low[:]):
		low = q.After
	}
	return low, high
}

func earlier(a, b store.EventID) store.EventID {
	if string(b[:]) < string(a[:]) {
		return b
	}
	return a
}

// eventsIn reads what matches up to the last id that is looked at, page.Last.
func (db *DB) eventsIn(ctx context.Context, q store.EventQuery, page store.EventPage, low, high store.EventID) (store.EventPage, error) {
	where, order, args := `id > $1 AND id <= $2`, ``, []any{low[:], high[:]}
	if q.Descending {
		where, order = `id >= $1 AND id < $2`, ` DESC`
	}
	if len(q.Types) > 0 {
		where += ` AND type IN ` + placesAfter(len(args), len(q.Types))
		for _, t := range q.Types {
			args = append(args, string(t))
		}
	}
	if q.Object != "" {
		args = append(args, q.Object)
		where += strings.ReplaceAll(` AND (object_id = # OR user_id = # OR client_id = #)`, `#`, fmt.Sprintf("$%d", len(args)))
	}
	args = append(args, q.Limit+1)
	rows, err := db.read.QueryContext(ctx, `SELECT `+eventColumns+` FROM events WHERE `+where+
		` ORDER BY id`+order+fmt.Sprintf(` LIMIT $%d`, len(args)), args...)
	if err != nil {
		return page, fmt.Errorf("listing events: %w", err)
	}
	defer rows.Close()
	for rows.Next() {
		e, err := scanEvent(rows)
		if err != nil {
			return page, fmt.Errorf("listing events: %w", err)
		}
		page.Events = append(page.Events, e)
	}
	if len(page.Events) > q.Limit {
		page.Events = page.Events[:q.Limit]
		page.Last, page.More = page.Events[q.Limit-1].ID, true
	}
	return page, wrapped("listing events", rows.Err())
}

// DeleteOldEvents implements store.Events.
func (db *DB) DeleteOldEvents(ctx context.Context, before time.Time, limit int) (int, error) {
	last := store.NewEventID(before, 0, [8]byte{})
	err := db.read.QueryRowContext(ctx, `SELECT id FROM events WHERE id < $1 ORDER BY id LIMIT 1 OFFSET $2`, last[:], limit-1).Scan(idField{last[:]})
	if err != nil && !errors.Is(err, sql.ErrNoRows) {
		return 0, fmt.Errorf("looking for old events: %w", err)
	}
	var n int64
	err = db.engine.transaction(ctx, func(tx querier) error {
		result, err := tx.ExecContext(ctx, `DELETE FROM events WHERE id <= $1`, last[:])
		if err != nil {
			return err
		}
		if n, err = result.RowsAffected(); err != nil || n == 0 {
			return err
		}
		_, err = tx.ExecContext(ctx, `DELETE FROM webhook_deliveries WHERE webhook_id IN (`+withDeliveries+`) AND event_id <= $1`, last[:])
		return err
	})
	return int(n), wrapped("deleting old events", err)
}

// withDeliveries gives the endpoints that there are deliveries to, a step in the index
// for each. Some may be gone: on PostgreSQL a transaction that was under way when an
// endpoint was deleted leaves the deliveries of its events.
const withDeliveries = `WITH RECURSIVE endpoints (id) AS (
		SELECT MIN(webhook_id) FROM webhook_deliveries
		UNION ALL
		SELECT (SELECT MIN(d.webhook_id) FROM webhook_deliveries d WHERE d.webhook_id > endpoints.id) FROM endpoints WHERE endpoints.id IS NOT NULL
	) SELECT id FROM endpoints WHERE id IS NOT NULL`

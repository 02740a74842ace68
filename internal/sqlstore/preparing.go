package sqlstore

import (
	"context"
	"database/sql"
	"sync"
)

// maxPrepared bounds how many statements are kept. Those of requests are a few
// dozen; searches with many conditions are prepared each time.
const (
	maxPrepared = 64
	maxPlaces   = 16 // parameters of one that is kept: longer ones name what a search has found
)

// A preparing keeps the statements it has been asked, as SQLite takes longer to
// parse one than to run it.
type preparing struct {
	db *sql.DB

	mu   sync.RWMutex
	kept map[string]*sql.Stmt
}

// statement gives the prepared statement of a text, or nil if it is not kept.
func (p *preparing) statement(ctx context.Context, text string) *sql.Stmt {
	p.mu.RLock()
	stmt, n := p.kept[text], len(p.kept)
	p.mu.RUnlock()
	if stmt != nil || n >= maxPrepared {
		return stmt
	}
	made, err := p.db.PrepareContext(ctx, text)
	if err != nil {
		return nil // running it will say what is wrong
	}
	p.mu.Lock()
	defer p.mu.Unlock()
	if p.kept == nil {
		p.kept = map[string]*sql.Stmt{}
	}
	if first := p.kept[text]; first != nil { // another call was faster
		made.Close()
		return first
	}
	p.kept[text] = made
	return made
}

// ExecContext implements querier.
func (p *preparing) ExecContext(ctx context.Context, text string, args ...any) (sql.Result, error) {
	return p.db.ExecContext(ctx, text, args...)
}

// QueryContext implements querier.
func (p *preparing) QueryContext(ctx context.Context, text string, args ...any) (*sql.Rows, error) {
	if len(args) > maxPlaces {
		return p.db.QueryContext(ctx, text, args...)
	}
	if stmt := p.statement(ctx, text); stmt != nil {
		return stmt.QueryContext(ctx, args...)
	}
	return p.db.QueryContext(ctx, text, args...)
}

// QueryRowContext implements querier.
func (p *preparing) QueryRowContext(ctx context.Context, text string, args ...any) *sql.Row {
	if len(args) > maxPlaces {
		return p.db.QueryRowContext(ctx, text, args...)
	}
	if stmt := p.statement(ctx, text); stmt != nil {
		return stmt.QueryRowContext(ctx, args...)
	}
	return p.db.QueryRowContext(ctx, text, args...)
}

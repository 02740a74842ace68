package sqlstore

import (
	"context"
	"database/sql"
	"fmt"
	"maps"
	"slices"
	"strings"
	"time"

	"github.com/signet-auth/signet/internal/store"
)

// figuresAtOnce is how many figures one statement writes.
const figuresAtOnce = 100

// A figureKey is where figures that belong together are added up.
type figureKey struct {
	at     int64
	series string
}

// PutFigures implements store.Figures.
func (db *DB) PutFigures(ctx context.Context, node string, minute time.Time, counts map[string]int64) error {
	sums := make(map[figureKey]int64, len(counts))
	for series, n := range counts {
		sums[figureKey{ms(minute), series}] = n
	}
	err := db.engine.transaction(ctx, func(tx querier) error {
		return putFigures(ctx, tx, time.Minute, node, sums, `excluded.n`)
	})
	return wrapped("saving figures", err)
}

// putFigures writes rows of one width. Of a row that there is, n becomes what is
// said.
func putFigures(ctx context.Context, tx querier, width time.Duration, node string, sums map[figureKey]int64, n string) error {
	// In one order, so that two writers of the same rows do not wait for one another.
	keys := slices.SortedFunc(maps.Keys(sums), func(a, b figureKey) int {
		if a.at != b.at {
			return int(a.at - b.at)
		}
		return strings.Compare(a.series, b.series)
	})
	for part := range slices.Chunk(keys, figuresAtOnce) {
		args := []any{width.Milliseconds(), node}
		rows := make([]string, len(part))
		for i, k := range part {
			rows[i] = fmt.Sprintf("($1, $%d, $%d, $2, $%d)", len(args)+1, len(args)+2, len(args)+3)
			args = append(args, k.at, k.series, sums[k])
		}
		_, err := tx.ExecContext(ctx, `INSERT INTO figures AS f (width, at, series, node, n) VALUES `+strings.Join(rows, ", ")+`
			ON CONFLICT (width, at, series, node) DO UPDATE SET n = `+n, args...)
		if err != nil {
			return err
		}
	}
	return nil
}

// SumFigures implements store.Figures.
func (db *DB) SumFigures(ctx context.Context, q store.FigureQuery) ([]store.Figure, error) {
	rows, err := db.read.QueryContext(ctx, `SELECT at - at % $3 AS step, series, CAST(SUM(n) AS BIGINT) FROM figures
		WHERE at >= $1 AND at < $2 GROUP BY 1, 2 ORDER BY 1, 2`, ms(q.From), ms(q.To), q.Step.Milliseconds())
	if err != nil {
		return nil, fmt.Errorf("adding up figures: %w", err)
	}
	defer rows.Close()
	all := []store.Figure{}
	for rows.Next() {
		var f store.Figure
		if err := rows.Scan(at{&f.At}, &f.Series, &f.N); err != nil {
			return nil, fmt.Errorf("adding up figures: %w", err)
		}
		all = append(all, f)
	}
	return all, rows.Err()
}

// CondenseFigures implements store.Figures. Whoever deletes a row adds it, and each
// row is deleted once.
func (db *DB) CondenseFigures(ctx context.Context, from, to time.Duration, before time.Time) (int, error) {
	taken := 0
	err := db.engine.transaction(ctx, func(tx querier) error {
		var oldest sql.NullInt64
		err := tx.QueryRowContext(ctx, `SELECT MIN(at) FROM figures WHERE width = $1 AND at < $2`, from.Milliseconds(), ms(before)).Scan(&oldest)
		if taken = 0; err != nil || !oldest.Valid {
			return err
		}
		begin := oldest.Int64 - oldest.Int64%to.Milliseconds()
		sums, n, err := takeFigures(ctx, tx, from, begin, min(ms(before), begin+to.Milliseconds()), begin)
		if taken = n; err != nil || n == 0 {
			return err
		}
		return putFigures(ctx, tx, to, "", sums, `f.n + excluded.n`)
	})
	return taken, wrapped("condensing figures", err)
}

// takeFigures deletes the rows of a width that begin between two times, and adds
// them up as of the given one.
func takeFigures(ctx context.Context, tx querier, width time.Duration, begin, end, as int64) (map[figureKey]int64, int, error) {
	rows, err := tx.QueryContext(ctx, `DELETE FROM figures WHERE width = $1 AND at >= $2 AND at < $3 RETURNING series, n`,
		width.Milliseconds(), begin, end)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	sums, taken := map[figureKey]int64{}, 0
	for rows.Next() {
		var series string
		var n int64
		if err := rows.Scan(&series, &n); err != nil {
			return nil, 0, err
		}
		sums[figureKey{as, series}] += n
		taken++
	}
	return sums, taken, rows.Err()
}

// DeleteOldFigures implements store.Figures.
func (db *DB) DeleteOldFigures(ctx context.Context, before time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM figures WHERE (width, at, series, node) IN (
		SELECT width, at, series, node FROM figures WHERE at < $1 ORDER BY at LIMIT $2)`, ms(before), limit)
	return int(n), wrapped("deleting old figures", err)
}

// SeeNode implements store.Nodes.
func (db *DB) SeeNode(ctx context.Context, n store.Node) error {
	_, err := db.engine.exec(ctx, `INSERT INTO nodes AS n (id, name, version, started_at, seen_at) VALUES ($1, $2, $3, $4, $5)
		ON CONFLICT (id) DO UPDATE SET seen_at = CASE WHEN n.seen_at > excluded.seen_at THEN n.seen_at ELSE excluded.seen_at END`,
		n.ID, n.Name, n.Version, ms(n.StartedAt), ms(n.SeenAt))
	return wrapped("noting a node", err)
}

func scanNode(r row) (n store.Node, err error) {
	err = r.Scan(&n.ID, &n.Name, &n.Version, at{&n.StartedAt}, at{&n.SeenAt})
	return n, err
}

// ListNodes implements store.Nodes.
func (db *DB) ListNodes(ctx context.Context, after time.Time) ([]store.Node, error) {
	return list(ctx, db, scanNode, `SELECT id, name, version, started_at, seen_at FROM nodes
		WHERE seen_at > $1 ORDER BY started_at, id`, ms(after))
}

// DeleteUnseenNodes implements store.Nodes.
func (db *DB) DeleteUnseenNodes(ctx context.Context, since time.Time, limit int) (int, error) {
	n, err := db.engine.exec(ctx, `DELETE FROM nodes WHERE id IN (SELECT id FROM nodes WHERE seen_at < $1 ORDER BY seen_at LIMIT $2)`, ms(since), limit)
	return int(n), wrapped("deleting nodes", err)
}

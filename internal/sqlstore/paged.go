package sqlstore

import (
	"context"
	"fmt"
	"strings"
)

// paged reads one page of the rows that from names, which begins with FROM and ends
// with the condition, and counts all of them.
func paged[T any](ctx context.Context, db *DB, scan func(row) (T, error), columns, from, order string, limit, offset int, args []any) ([]T, int, error) {
	var total int
	if err := db.read.QueryRowContext(ctx, `SELECT COUNT(*)`+from, args...).Scan(&total); err != nil {
		return nil, 0, err
	}
	rows, err := db.read.QueryContext(ctx, `SELECT `+columns+from+order+page(len(args)), append(args, limit, offset)...)
	if err != nil {
		return nil, 0, err
	}
	defer rows.Close()
	found := []T{}
	for rows.Next() {
		one, err := scan(rows)
		if err != nil {
			return nil, 0, err
		}
		found = append(found, one)
	}
	return found, total, rows.Err()
}

// placesOf gives the parameters $1, $2, ... for values.
func placesOf[T any](values []T) (places string, args []any) {
	all := make([]string, len(values))
	for i, v := range values {
		all[i] = fmt.Sprintf("$%d", i+1)
		args = append(args, v)
	}
	return strings.Join(all, ", "), args
}

// qualified puts the name of a table before each column.
func qualified(table, columns string) string {
	return table + "." + strings.ReplaceAll(columns, ", ", ", "+table+".")
}

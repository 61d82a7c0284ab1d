-- What the provider itself has shown of a user's names.

-- `userName` as the provider showed it last; `user_name` may be the roster's. NULL if it never did.
ALTER TABLE users ADD COLUMN shown_name TEXT;
UPDATE users SET shown_name = user_name WHERE before_at_ms IS NOT NULL;

-- What wg-easy 15 keeps in wg-easy.db: the columns that version 15.0 has and that wgctl reads, and some that it does not.
-- The values are invented. Its own migrations make the same of them.
CREATE TABLE users_table (id INTEGER PRIMARY KEY, username TEXT, password TEXT, name TEXT, role INTEGER,
    totp_verified INTEGER, enabled INTEGER);
CREATE TABLE interfaces_table (name TEXT PRIMARY KEY, device TEXT, port INTEGER, private_key TEXT, public_key TEXT,
    ipv4_cidr TEXT, ipv6_cidr TEXT, mtu INTEGER, enabled INTEGER);
CREATE TABLE user_configs_table (id TEXT PRIMARY KEY, default_mtu INTEGER, default_persistent_keepalive INTEGER,
    default_dns TEXT, default_allowed_ips TEXT, host TEXT, port INTEGER);
CREATE TABLE clients_table (id INTEGER PRIMARY KEY, user_id INTEGER, interface_id TEXT, name TEXT, ipv4_address TEXT,
    ipv6_address TEXT, post_up TEXT DEFAULT '', private_key TEXT, public_key TEXT, pre_shared_key TEXT, expires_at TEXT,
    allowed_ips TEXT, server_allowed_ips TEXT, persistent_keepalive INTEGER, mtu INTEGER, dns TEXT, enabled INTEGER,
    created_at TEXT);
PRAGMA journal_mode = WAL;
INSERT INTO interfaces_table VALUES ('wg0', 'eth0', 51820, '', '', '10.8.0.0/24', 'fdcc:ad94:bacf:61a4::cafe:0/112',
    1420, 1);
INSERT INTO user_configs_table VALUES ('wg0', 1420, 0, '[]', '[]', '', 51820);
INSERT INTO users_table (username, password, name, role, totp_verified, enabled) VALUES ('admin', 'x', 'Administrator', 1, 0, 1);
UPDATE interfaces_table SET private_key = 'WPo/LW8bXwCmY9jR+G5yoVJusel66eF/lcyRJEfS8lE=', public_key = 'EeVjc68uvUUnQ3iOUCyYx8gBxgGQD7YRK4p2cx/JpTw=';
UPDATE user_configs_table SET host = 'vpn.example.org', default_dns = '["1.1.1.1","9.9.9.9"]', default_allowed_ips = '["0.0.0.0/0","::/0"]';
INSERT INTO clients_table (id, user_id, interface_id, name, ipv4_address, ipv6_address, private_key, public_key, pre_shared_key, expires_at, allowed_ips, server_allowed_ips, persistent_keepalive, mtu, dns, enabled, created_at) VALUES
 (1, 1, 'wg0', 'phone', '10.8.0.2', 'fdcc:ad94:bacf:61a4::cafe:2', 'KO4zQCtSiVYWF8GHywSvI+A3DRAZPlFzIoC+8tW7wlc=', 'zm1OXcsSv1JGdB7WRWtvkXM0fQEZzGNy8Aooqu3IKh8=', 'pNmm42YFWPYXdFM9qpNH4hqV5+2czze8MGpJRxzCJD8=', '2027-01-31', NULL, '[]', 0, 1420, NULL, 1, '2026-01-05 10:00:00'),
 (2, 1, 'wg0', 'Old tablet', '10.8.0.3', 'fdcc:ad94:bacf:61a4::cafe:3', 'wBneeZ/tBQzL/JzHSk9VojBq0Ftof0/0JMDoZc4OIlA=', 'jryGQyp8LiNTtF81ZZHo++HnitoHg4WkEC0ECPRAp20=', 'Heacu7EQiF1TqO9LjDM2JAu/f8ZqGc5RT8sgQVGu9pY=', '2026-12-24T18:00:00.000Z', NULL, '[]', 0, 1420, NULL, 0, '2026-01-06 10:00:00'),
 (3, 1, 'wg0', 'Anna''s laptop', '10.8.0.4', 'fdcc:ad94:bacf:61a4::cafe:4', '+HOYZYNFra70Gyk7tcd7S/78WHrraQ+zYRYk+Qxclk8=', 'c4PIwKNapAWxniAW7pyXp1/JSrlc9A1k/ksgIaLi+T4=', 'D9fL7PHmix9oJ5ZMZwNNuL57uqC2sEEVjYPmtXWT0QQ=', NULL, '["10.8.0.0/24","192.168.1.0/24"]', '["192.168.70.0/24"]', 25, 1380, '["192.168.1.1"]', 1, '2026-02-01 08:30:00');

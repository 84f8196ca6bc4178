-- One row per pair of units that has to be compared, as Splink reads it.
CREATE OR REPLACE TEMP TABLE link_to_compare AS
SELECT b.match_key, b.join_key_l, b.join_key_r
FROM link_blocked AS b ANTI JOIN link_known AS k ON k.unit_l = b.join_key_l AND k.unit_r = b.join_key_r;

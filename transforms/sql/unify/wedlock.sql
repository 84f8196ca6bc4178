-- One row per person and day on which a row states that the person married or was divorced: whom the person married; some state no day.
CREATE OR REPLACE TABLE unify_wedlock AS
WITH told (person_no, other_no, is_marriage, changed_on) AS ($told)
SELECT person_no, changed_on, max(other_no) FILTER (is_marriage) AS wedded FROM told GROUP BY person_no, changed_on;

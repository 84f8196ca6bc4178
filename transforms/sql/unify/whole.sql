-- One row per person of whom the source that answers for a datum told less than a whole value, and another told a whole one that agrees
-- with all that is left: the first of these by authority. What is less than whole contradicts nothing.
CREATE OR REPLACE TEMP TABLE unify_whole AS
WITH told (person_no, place, value, record_no, voice, is_lesser) AS ($told), chosen AS (
    SELECT told.*
    FROM told JOIN unify_lesser AS l USING (person_no)
    WHERE l.datum = $datum AND NOT told.is_lesser AND told.place IS NOT NULL AND ($completes)
    QUALIFY row_number() OVER (PARTITION BY person_no ORDER BY told.place) = 1
)
SELECT chosen.person_no, chosen.place, chosen.value, chosen.record_no,
       count(DISTINCT other.voice) FILTER (WHERE other.voice <> chosen.voice AND ($agrees)) AS agreeing,
       count(*) FILTER (WHERE NOT other.is_lesser AND NOT ($agrees)) AS disagreeing
FROM chosen JOIN told AS other USING (person_no)
GROUP BY chosen.person_no, chosen.place, chosen.value, chosen.record_no;

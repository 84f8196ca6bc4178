-- One row per entry of the register with the kin that its household tells: a head's child has the head for a parent, and the head's
-- spouse where nothing else is known; a head's parent is the head's own. Households with two heads or none tell nothing; nor does a sex
-- that the number contradicts (GB 11643, its 17th digit) tell mother from father.
-- The register does not call the head's child the spouse's. Of a couple whose marriages are known it is taken for theirs if they were
-- married to each other when it was born, or within the year after as the first that either married; of others if no age forbids it:
-- rather no mother than a wrong one.
CREATE OR REPLACE TABLE unify_household__$table AS
WITH member AS (
    SELECT r.record_no, r.$number AS household, k.kin, who.person_no, $birth_date AS born,
           CASE WHEN TRY_CAST(substr($id_number, 17, 1) AS INT) % 2 = CASE r.$sex WHEN '1' THEN 0 WHEN '2' THEN 1 END THEN NULL ELSE r.$sex END AS sex
    FROM record_$table AS r
    JOIN (SELECT record_no, person_no FROM link_role WHERE department = $department AND dataset = $dataset AND role = $role) AS who
        ON who.record_no = r.record_no
    LEFT JOIN unify_kin AS k ON k.code = r.$relation AND k.list = $codes
    WHERE r.is_current AND r.$number IS NOT NULL
), couple AS (
    SELECT household,
           min(person_no) FILTER (kin = 'head') AS head, min(sex) FILTER (kin = 'head') AS head_sex,
           min(person_no) FILTER (kin = 'spouse') AS spouse, min(sex) FILTER (kin = 'spouse') AS spouse_sex,
           min(born) FILTER (kin = 'spouse') AS spouse_born,
           min(person_no) FILTER (kin = 'parent' AND sex = '2') AS head_mother,
           min(person_no) FILTER (kin = 'parent' AND sex = '1') AS head_father
    FROM member GROUP BY household
    HAVING count(DISTINCT person_no) FILTER (kin = 'head') = 1 AND count(DISTINCT person_no) FILTER (kin = 'spouse') <= 1
), wed AS (
    SELECT person_no, any_value(wedded) AS wedded, any_value(changed_on) AS married_on, count(*) = 1 AS is_once FROM unify_wedlock GROUP BY person_no
), child AS (
    SELECT m.record_no, m.born, couple.head, couple.spouse, couple.spouse_sex, h.person_no IS NOT NULL OR s.person_no IS NOT NULL AS is_known,
           h.is_once AND s.is_once AND h.wedded = couple.spouse AND h.married_on - m.born <= 365 AS is_first
    FROM member AS m JOIN couple USING (household)
    LEFT JOIN wed AS h ON h.person_no = couple.head
    LEFT JOIN wed AS s ON s.person_no = couple.spouse
    WHERE m.kin = 'child' AND couple.spouse_sex IS NOT NULL
      AND coalesce(m.born >= couple.spouse_born + INTERVAL 14 YEAR
                   AND m.born < couple.spouse_born + CASE couple.spouse_sex WHEN '2' THEN INTERVAL 55 YEAR ELSE INTERVAL 80 YEAR END, true)
), of_both AS (
    SELECT child.record_no, child.spouse, child.spouse_sex
    FROM child LEFT JOIN unify_wedlock AS w ON w.person_no = child.head AND w.changed_on <= child.born
    GROUP BY child.record_no, child.spouse, child.spouse_sex, child.is_known, child.is_first
    HAVING NOT child.is_known OR child.is_first OR max({'changed_on': w.changed_on, 'wedded': w.wedded}).wedded = child.spouse
)
SELECT m.record_no, m.person_no, m.household, couple.head,
       CASE WHEN m.kin = 'child' AND head_sex = '2' THEN head
            WHEN of_both.spouse_sex = '2' THEN of_both.spouse
            WHEN m.kin = 'head' THEN head_mother END AS mother,
       CASE WHEN m.kin = 'child' AND head_sex = '1' THEN head
            WHEN of_both.spouse_sex = '1' THEN of_both.spouse
            WHEN m.kin = 'head' THEN head_father END AS father,
       CASE WHEN m.kin = 'head' THEN couple.spouse WHEN m.kin = 'spouse' THEN head END AS spouse
FROM member AS m JOIN couple USING (household) LEFT JOIN of_both USING (record_no);
